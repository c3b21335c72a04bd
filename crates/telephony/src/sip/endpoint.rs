//! Where SIP comes in and goes out: one UDP socket and one TCP listener under the SIP stack. The
//! socket is ours, so that a burst finds room and a flood, or octets that are no text, end here.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use rsipstack::EndpointBuilder;
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::platform::net::UdpSocket as StackUdpSocket;
use rsipstack::sip::{Header, HostWithPort, Method, Param, Scheme, SipMessage, Transport, Uri};
use rsipstack::transaction::endpoint::{EndpointInnerRef, TransportEventInspector};
use rsipstack::transaction::{Endpoint, TransactionReceiver};
use rsipstack::transport::tcp_listener::TcpListenerConnection;
use rsipstack::transport::udp::UdpConnection;
use rsipstack::transport::{TransportEvent, TransportLayer};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

use super::digest::Dialect;
use super::identity;
use crate::StartError;

/// What we call ourselves.
const USER_AGENT: &str = "Offhook";
/// Room for a burst; the default buffer of most systems drops one.
const RECEIVE_BUFFER_BYTES: usize = 8 * 1_024 * 1_024;
/// Datagrams that one address may send in a second, and at once after a pause.
const DATAGRAMS_PER_SECOND_MAX: f64 = 2_000.0;
/// A TCP connection on which nothing comes is closed after this.
const TCP_IDLE: Duration = Duration::from_secs(300);
/// More TCP connections than this are closed as they come.
const TCP_CONNECTIONS_MAX: usize = 512;

/// The SIP stack, running.
pub(crate) struct SipEndpoint {
    /// Where UDP really listens.
    pub(crate) udp: SocketAddr,
    /// Where TCP really listens.
    pub(crate) tcp: Option<SocketAddr>,
    /// The address that goes into Contact when it is not the one we listen on.
    public_ip: Option<IpAddr>,
    pub(crate) dialogs: Arc<DialogLayer>,
    /// Requests that belong to no transaction yet.
    pub(crate) incoming: TransactionReceiver,
    /// Held because dropping it ends the transports.
    _endpoint: Endpoint,
}

/// Where to listen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listen {
    pub(crate) udp: SocketAddr,
    pub(crate) tcp: Option<SocketAddr>,
    pub(crate) public_ip: Option<IpAddr>,
}

/// The addresses that a leg writes into its Contact.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contacts {
    udp: SocketAddr,
    tcp: Option<SocketAddr>,
    public_ip: Option<IpAddr>,
}

impl SipEndpoint {
    /// Binds and starts. Ends with `stop`.
    pub(crate) async fn open(listen: Listen, stop: CancellationToken) -> Result<Self, StartError> {
        let bind_error = |what, address| {
            move |error: std::io::Error| StartError::Bind {
                what,
                address,
                why: error.to_string(),
            }
        };
        let socket = udp_socket(listen.udp).map_err(bind_error("SIP over UDP", listen.udp))?;
        let udp = socket
            .local_addr()
            .map_err(bind_error("SIP over UDP", listen.udp))?;
        let external = listen.public_ip.map(|ip| SocketAddr::new(ip, udp.port()));
        let front: Arc<dyn StackUdpSocket> = Arc::new(FrontSocket {
            socket,
            budgets: Mutex::new(Budgets::new(DATAGRAMS_PER_SECOND_MAX)),
        });
        let transports = TransportLayer::new(stop.clone());
        transports.set_stream_idle_timeout(TCP_IDLE);
        let connection = UdpConnection::from_socket(front, external, Some(stop.clone()))
            .await
            .map_err(|error| {
                bind_error("SIP over UDP", listen.udp)(std::io::Error::other(error))
            })?;
        transports.add_transport(connection.into());
        let tcp = match listen.tcp {
            Some(address) => {
                let tcp = free_tcp_address(address).map_err(bind_error("SIP over TCP", address))?;
                let external = listen.public_ip.map(|ip| SocketAddr::new(ip, tcp.port()));
                let listener =
                    TcpListenerConnection::new(tcp, external)
                        .await
                        .map_err(|error| {
                            bind_error("SIP over TCP", address)(std::io::Error::other(error))
                        })?;
                transports.add_transport(listener.into());
                Some(tcp)
            }
            None => None,
        };
        let door = Arc::new(StreamDoor::default());
        let endpoint = EndpointBuilder::new()
            .with_user_agent(USER_AGENT)
            .with_allows(allowed_methods())
            .with_transport_layer(transports)
            .with_cancel_token(stop.clone())
            .with_inspector(Box::new(Dialect))
            .with_transport_inspector(Box::new(Arrivals(door.clone())))
            .build();
        door.set(&endpoint.inner);
        let incoming = endpoint
            .incoming_transactions()
            .map_err(|error| bind_error("SIP", listen.udp)(std::io::Error::other(error)))?;
        let serving = endpoint.inner.clone();
        tokio::spawn(async move {
            if let Err(error) = serving.serve().await {
                tracing::error!(%error, "SIP stopped listening; restart Offhook");
            }
        });
        Ok(Self {
            udp,
            tcp,
            public_ip: listen.public_ip,
            dialogs: Arc::new(DialogLayer::new(endpoint.inner.clone())),
            incoming,
            _endpoint: endpoint,
        })
    }

    /// Our addresses for Contact headers.
    pub(crate) fn contacts(&self) -> Contacts {
        Contacts {
            udp: self.udp,
            tcp: self.tcp,
            public_ip: self.public_ip,
        }
    }
}

impl Contacts {
    /// Our address over this transport, as this peer reaches it.
    pub(crate) fn own_address(&self, transport: Transport, peer: SocketAddr) -> SocketAddr {
        let stream = transport == Transport::Tcp;
        let bound = self.tcp.filter(|_| stream).unwrap_or(self.udp);
        let public = self.public_ip.filter(|_| !peer.ip().is_loopback());
        let ip = public.unwrap_or_else(|| reachable_ip(bound.ip(), peer));
        SocketAddr::new(ip, bound.port())
    }

    /// The Contact for a dialog over this transport with a peer at this address.
    pub(crate) fn contact(&self, transport: Transport, peer: SocketAddr) -> Uri {
        let stream = transport == Transport::Tcp;
        let own_address = self.own_address(transport, peer);
        let params = if stream {
            vec![Param::Transport(Transport::Tcp)]
        } else {
            Vec::new()
        };
        Uri {
            scheme: Some(Scheme::Sip),
            auth: Some("offhook".into()),
            host_with_port: HostWithPort::from(own_address),
            params,
            headers: Vec::new(),
        }
    }
}

/// The address by which this peer reaches us, when we listen on all of them.
pub(crate) fn reachable_ip(bound: IpAddr, peer: SocketAddr) -> IpAddr {
    if !bound.is_unspecified() {
        return bound;
    }
    let any = match peer {
        SocketAddr::V4(_) => SocketAddr::from(([0, 0, 0, 0], 0)),
        SocketAddr::V6(_) => SocketAddr::from(([0_u16; 8], 0)),
    };
    // Connecting a UDP socket sends nothing; it only chooses the route.
    std::net::UdpSocket::bind(any)
        .and_then(|socket| socket.connect(peer).and(socket.local_addr()))
        .map_or(bound, |address| address.ip())
}

/// The methods that we take part in.
pub(crate) fn allowed_methods() -> Vec<Method> {
    vec![
        Method::Invite,
        Method::Ack,
        Method::Cancel,
        Method::Bye,
        Method::Options,
        Method::Info,
        Method::Update,
        Method::PRack,
    ]
}

/// The same as a header.
pub(crate) fn allow_header() -> Header {
    let names: Vec<String> = allowed_methods().iter().map(Method::to_string).collect();
    Header::Allow(names.join(", ").into())
}

fn udp_socket(address: SocketAddr) -> std::io::Result<UdpSocket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    // The system may grant less; that is no reason not to start.
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES);
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

/// The stack binds the listener itself and only logs when it cannot; so look first.
fn free_tcp_address(address: SocketAddr) -> std::io::Result<SocketAddr> {
    std::net::TcpListener::bind(address)?.local_addr()
}

/// Our UDP socket, as the stack sees it.
struct FrontSocket {
    socket: UdpSocket,
    budgets: Mutex<Budgets>,
}

#[async_trait]
impl StackUdpSocket for FrontSocket {
    async fn recv_from(&self, buffer: &mut [u8]) -> rsipstack::Result<(usize, SocketAddr)> {
        loop {
            let (length, source) = self.socket.recv_from(buffer).await?;
            let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
            if !budgets.spend(source.ip(), Instant::now()) {
                continue;
            }
            if let Some(datagram) = buffer.get_mut(..length) {
                make_text(datagram);
            }
            return Ok((length, source));
        }
    }

    async fn send_to(&self, bytes: &[u8], address: SocketAddr) -> rsipstack::Result<usize> {
        Ok(self.socket.send_to(bytes, address).await?)
    }

    fn local_addr(&self) -> rsipstack::Result<SocketAddr> {
        Ok(self.socket.local_addr()?)
    }
}

/// Replaces octets of the header section that are not UTF-8 (a display name in Latin-1, say) by
/// `?`: the stack would drop that header and all that follow. The body is left alone.
fn make_text(datagram: &mut [u8]) {
    let end = datagram
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap_or(datagram.len());
    let mut start = 0;
    while start < end {
        match std::str::from_utf8(&datagram[start..end]) {
            Ok(_) => return,
            Err(error) => {
                let bad = start + error.valid_up_to();
                datagram[bad] = b'?';
                start = bad + 1;
            }
        }
    }
}

/// How much each address may still send: a bucket an address, filled at a steady rate.
#[derive(Debug)]
pub(crate) struct Budgets {
    per_second: f64,
    sources: HashMap<IpAddr, (f64, Instant)>,
}

/// Addresses remembered at once. Beyond it the table starts anew, which forgives; it is a guard
/// against a flood, not an account.
const SOURCES_MAX: usize = 4_096;

impl Budgets {
    /// So many a second, and as many at once after a pause.
    pub(crate) fn new(per_second: f64) -> Self {
        Self {
            per_second,
            sources: HashMap::new(),
        }
    }

    /// Takes one from this address's budget; false when it is used up.
    pub(crate) fn spend(&mut self, source: IpAddr, now: Instant) -> bool {
        if self.sources.len() >= SOURCES_MAX && !self.sources.contains_key(&source) {
            self.sources.clear();
        }
        let (left, at) = self.sources.entry(source).or_insert((self.per_second, now));
        let grown = now.saturating_duration_since(*at).as_secs_f64() * self.per_second;
        *left = (*left + grown).min(self.per_second);
        *at = now;
        if *left < 1.0 {
            return false;
        }
        *left -= 1.0;
        true
    }
}

/// Counts the TCP connections. The endpoint is known only after its inspector.
#[derive(Default)]
struct StreamDoor(
    std::sync::OnceLock<std::sync::Weak<rsipstack::transaction::endpoint::EndpointInner>>,
);

impl StreamDoor {
    fn set(&self, endpoint: &EndpointInnerRef) {
        let _ = self.0.set(Arc::downgrade(endpoint));
    }

    fn is_full(&self) -> bool {
        let endpoint = self.0.get().and_then(std::sync::Weak::upgrade);
        endpoint.is_some_and(|e| e.transport_layer.connections_count() > TCP_CONNECTIONS_MAX)
    }
}

/// Sees each message before the stack's transactions do.
struct Arrivals(Arc<StreamDoor>);

#[async_trait]
impl TransportEventInspector for Arrivals {
    async fn handle(&self, event: TransportEvent) -> Option<TransportEvent> {
        match event {
            TransportEvent::Incoming(SipMessage::Request(mut request), connection, source) => {
                identity::keep_and_tame(&mut request);
                Some(TransportEvent::Incoming(request.into(), connection, source))
            }
            TransportEvent::New(connection) if self.0.is_full() => {
                tracing::warn!(
                    limit = TCP_CONNECTIONS_MAX,
                    "too many SIP connections over TCP"
                );
                // It may be gone already.
                let _ = connection.close().await;
                None
            }
            other => Some(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_that_are_no_text_become_question_marks_in_headers_only() {
        let mut datagram = b"From: \"J\xFCrgen \xE9\" <sip:a@b>\r\n\r\n\xFF\xFE".to_vec();
        make_text(&mut datagram);
        assert_eq!(datagram, b"From: \"J?rgen ?\" <sip:a@b>\r\n\r\n\xFF\xFE");
        let mut fine = "From: \"Jürgen\" <sip:a@b>\r\n\r\n".as_bytes().to_vec();
        make_text(&mut fine);
        assert_eq!(fine, "From: \"Jürgen\" <sip:a@b>\r\n\r\n".as_bytes());
    }

    #[test]
    fn a_budget_runs_out_and_fills_again() {
        let mut budgets = Budgets::new(10.0);
        let source = IpAddr::from([192, 0, 2, 1]);
        let start = Instant::now();
        let allowed = (0..30).filter(|_| budgets.spend(source, start)).count();
        assert_eq!(allowed, 10);
        assert!(
            budgets.spend(IpAddr::from([192, 0, 2, 2]), start),
            "others are not harmed"
        );
        assert!(budgets.spend(source, start + Duration::from_millis(500)));
    }

    #[test]
    fn the_table_of_sources_does_not_grow_without_end() {
        let mut budgets = Budgets::new(1.0);
        let now = Instant::now();
        for number in 0..(SOURCES_MAX as u32 * 3) {
            budgets.spend(IpAddr::from(number.to_be_bytes()), now);
        }
        assert!(budgets.sources.len() <= SOURCES_MAX);
    }

    #[test]
    fn loopback_is_reached_by_loopback() {
        let any = IpAddr::from([0, 0, 0, 0]);
        let peer = SocketAddr::from(([127, 0, 0, 1], 5060));
        assert_eq!(reachable_ip(any, peer), IpAddr::from([127, 0, 0, 1]));
    }
}
