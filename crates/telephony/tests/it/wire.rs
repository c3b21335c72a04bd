//! SIP as text: a peer that says exactly what a test writes, over UDP.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;

const PATIENCE: Duration = Duration::from_secs(8);

/// A peer with a socket.
pub(crate) struct Peer {
    pub(crate) socket: UdpSocket,
    pub(crate) local: SocketAddr,
    remote: SocketAddr,
    branch: u32,
}

/// A message that came.
#[derive(Debug, Clone)]
pub(crate) struct Message(pub(crate) String);

impl Message {
    /// The status of a response; 0 for a request.
    pub(crate) fn status(&self) -> u16 {
        let status = self
            .0
            .strip_prefix("SIP/2.0 ")
            .and_then(|rest| rest.get(..3));
        status.and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// The method of a request; empty for a response.
    pub(crate) fn method(&self) -> &str {
        if self.status() > 0 {
            return "";
        }
        self.0.split(' ').next().unwrap_or("")
    }

    /// The value of a header; empty when it is not there.
    pub(crate) fn header<'a>(&'a self, name: &'a str) -> &'a str {
        self.headers(name).next().unwrap_or("")
    }

    pub(crate) fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .lines()
            .take_while(|line| !line.is_empty())
            .filter_map(move |line| {
                let (found, value) = line.split_once(':')?;
                found.eq_ignore_ascii_case(name).then_some(value.trim())
            })
    }

    pub(crate) fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }
}

impl Peer {
    pub(crate) async fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        let local = socket.local_addr().expect("its address");
        Self {
            socket,
            local,
            remote: local,
            branch: 0,
        }
    }

    pub(crate) fn to(mut self, remote: SocketAddr) -> Self {
        self.remote = remote;
        self
    }

    pub(crate) async fn send(&self, bytes: impl AsRef<[u8]>) {
        self.socket
            .send_to(bytes.as_ref(), self.remote)
            .await
            .expect("sent");
    }

    /// A session description that offers PCMU at this port.
    pub(crate) fn sdp(port: u16, more: &str) -> String {
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n{more}"
        )
    }

    /// A request. `extra` are whole header lines.
    pub(crate) fn request(
        &mut self,
        method: &str,
        dialog: &Dialog,
        cseq: u32,
        extra: &str,
        body: &str,
    ) -> String {
        self.branch += 1;
        let (local, remote, branch) = (self.local, self.remote, self.branch);
        let Dialog {
            call_id,
            from,
            to,
            uri,
        } = dialog;
        let uri = uri
            .clone()
            .unwrap_or_else(|| format!("sip:+15550100@{remote}"));
        let kind = match body.is_empty() {
            true => String::new(),
            false => "Content-Type: application/sdp\r\n".to_owned(),
        };
        format!(
            "{method} {uri} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {local};branch=z9hG4bK{call_id}{branch};rport\r\n\
             Max-Forwards: 70\r\nFrom: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\n\
             CSeq: {cseq} {method}\r\nContact: <sip:peer@{local}>\r\n{extra}{kind}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// The next message that is wanted; others are dropped.
    pub(crate) async fn until(&self, wanted: impl Fn(&Message) -> bool) -> Message {
        let mut seen = Vec::new();
        let mut buffer = vec![0; 8_192];
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.recv_from(&mut buffer)).await;
            let Ok(Ok((length, _))) = next else {
                panic!("the message did not come; these did: {seen:#?}");
            };
            let message = Message(String::from_utf8_lossy(&buffer[..length]).into_owned());
            if wanted(&message) {
                return message;
            }
            seen.push(message);
        }
    }

    pub(crate) async fn status(&self, status: u16) -> Message {
        self.until(|message| message.status() == status).await
    }

    pub(crate) async fn final_status(&self) -> Message {
        self.until(|message| message.status() >= 200).await
    }

    /// The request with this method, answered with 200.
    pub(crate) async fn answered(&self, method: &str) -> Message {
        let request = self.until(|message| message.method() == method).await;
        self.send(response(&request, "200 OK", "", "")).await;
        request
    }
}

/// A response to a request. `extra` are whole header lines.
pub(crate) fn response(request: &Message, status: &str, extra: &str, body: &str) -> String {
    let vias: String = request
        .headers("Via")
        .map(|via| format!("Via: {via}\r\n"))
        .collect();
    let (from, mut to) = (request.header("From"), request.header("To").to_owned());
    if !to.contains("tag=") && !status.starts_with("100") {
        to.push_str(";tag=peer");
    }
    let (call_id, cseq) = (request.header("Call-ID"), request.header("CSeq"));
    let kind = match body.is_empty() {
        true => "",
        false => "Content-Type: application/sdp\r\n",
    };
    format!(
        "SIP/2.0 {status}\r\n{vias}From: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\n\
         CSeq: {cseq}\r\n\
         {extra}{kind}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The names of a dialog, as the peer writes them.
#[derive(Debug, Clone)]
pub(crate) struct Dialog {
    pub(crate) call_id: String,
    pub(crate) from: String,
    pub(crate) to: String,
    /// The request address, when it is not that of the system.
    pub(crate) uri: Option<String>,
}

impl Dialog {
    pub(crate) fn new(call_id: &str) -> Self {
        Self {
            call_id: call_id.into(),
            from: "\"Ada King\" <sip:+15551234567@carrier.example>;tag=a1".into(),
            to: "<sip:+15550100@offhook.example>".into(),
            uri: None,
        }
    }

    pub(crate) fn from(mut self, from: &str) -> Self {
        self.from = from.into();
        self
    }

    /// The dialog that this 2xx makes.
    pub(crate) fn established(mut self, answer: &Message) -> Self {
        self.to = answer.header("To").into();
        let contact = answer.header("Contact");
        let uri = contact.split(['<', '>']).nth(1).unwrap_or(contact);
        self.uri = Some(uri.into());
        self
    }
}
