//! The door: who may call. An INVITE is taken from the address of a configured trunk, or from the
//! test caller after digest; nobody else gets further than a challenge. Limits stand in front.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rsipstack::sip::prelude::HeadersExt;
use rsipstack::sip::{Header, Method, Request, StatusCode, Transport as SipTransport};
use rsipstack::transaction::transaction::Transaction;
use tokio::sync::mpsc;

use super::check;
use super::dialog;
use super::digest::{Account, Challenger, Verdict};
use super::endpoint::{Budgets, SipEndpoint, allow_header};
use super::identity::{self, Parties};
use super::sdp::Description;
use crate::{TelephonySettings, Transport, Trunk};

/// The trunk name of calls that the test caller places.
pub(crate) const TEST_CALLER_TRUNK: &str = "test caller";
/// Calls that ring at once, over all sources; more are asked to come back.
const CALLS_IN_SET_UP_MAX: usize = 400;
/// INVITEs that one address may send in a second.
const INVITES_PER_SECOND_MAX: f64 = 100.0;
/// When to come back.
const RETRY_AFTER_SECONDS: &str = "5";
const REALM: &str = "offhook";

/// A call that was let in.
pub(crate) struct Arrival {
    pub(crate) transaction: Transaction,
    pub(crate) source: SocketAddr,
    pub(crate) transport: SipTransport,
    /// The trunk it came by.
    pub(crate) trunk: String,
    pub(crate) parties: Parties,
    /// The caller's offer; `None` when he wants ours.
    pub(crate) offer: Option<Description>,
    pub(crate) in_set_up: InSetUp,
}

/// Counts a call as being set up for as long as it lives.
#[derive(Debug)]
pub(crate) struct InSetUp(Arc<AtomicUsize>);

impl Drop for InSetUp {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Stands at the door.
pub(crate) struct Doorkeeper {
    trunks: Vec<Trunk>,
    challenger: Mutex<Challenger>,
    has_test_caller: bool,
    budgets: Mutex<Budgets>,
    in_set_up: Arc<AtomicUsize>,
    started: Instant,
}

/// What the doorkeeper says.
enum Admission {
    Trunk(String),
    Refused(StatusCode, Vec<Header>),
}

impl Doorkeeper {
    pub(crate) fn new(settings: &TelephonySettings) -> Self {
        let (user, password) = settings.test_caller.clone();
        let has_test_caller = !password.is_empty();
        Self {
            trunks: settings.trunks.clone(),
            challenger: Mutex::new(Challenger::new(REALM, Account { user, password })),
            has_test_caller,
            budgets: Mutex::new(Budgets::new(INVITES_PER_SECOND_MAX)),
            in_set_up: Arc::new(AtomicUsize::new(0)),
            started: Instant::now(),
        }
    }

    /// Answers the door until the endpoint closes. Calls that are let in go to `arrivals`.
    pub(crate) async fn serve(self, mut endpoint: SipEndpoint, arrivals: mpsc::Sender<Arrival>) {
        while let Some(transaction) = endpoint.incoming.recv().await {
            let original = &transaction.original;
            if dialog::is_in_dialog(original) {
                let dialogs = endpoint.dialogs.clone();
                // A task of its own: a defect in one dialog ends that dialog.
                tokio::spawn(async move { dialog::deliver(&dialogs, transaction).await });
                continue;
            }
            match original.method {
                Method::Ack => {}
                Method::Invite => self.invite(transaction, &arrivals).await,
                Method::Options => {
                    let headers = vec![allow_header(), Header::Accept("application/sdp".into())];
                    answer(transaction, StatusCode::OK, headers).await;
                }
                _ => {
                    answer(
                        transaction,
                        StatusCode::MethodNotAllowed,
                        vec![allow_header()],
                    )
                    .await
                }
            }
        }
    }

    async fn invite(&self, transaction: Transaction, arrivals: &mpsc::Sender<Arrival>) {
        let connection = transaction.connection.as_ref();
        let source = connection.and_then(|c| c.get_remote_addr()?.get_socketaddr().ok());
        let (Some(connection), Some(source)) = (connection, source) else {
            return;
        };
        let transport = connection.transport();
        let request = &transaction.original;
        let (trunk, in_set_up) = match self.admit(request, source, transport) {
            Ok(admitted) => admitted,
            Err((status, headers)) => return answer(transaction, status, headers).await,
        };
        let offer = match request.body.is_empty() {
            true => Ok(None),
            false => Description::parse(&request.body).and_then(|d| d.settled().map(|_| Some(d))),
        };
        let Ok(offer) = offer else {
            return answer(transaction, StatusCode::NotAcceptableHere, Vec::new()).await;
        };
        let parties = identity::parties(request);
        let arrival = Arrival {
            transaction,
            source,
            transport,
            trunk,
            parties,
            offer,
            in_set_up,
        };
        if let Err(refused) = arrivals.try_send(arrival) {
            let (mpsc::error::TrySendError::Full(arrival)
            | mpsc::error::TrySendError::Closed(arrival)) = refused;
            answer(
                arrival.transaction,
                StatusCode::ServiceUnavailable,
                vec![retry_after()],
            )
            .await;
        }
    }

    fn admit(
        &self,
        request: &Request,
        source: SocketAddr,
        transport: SipTransport,
    ) -> Result<(String, InSetUp), (StatusCode, Vec<Header>)> {
        let busy = || (StatusCode::ServiceUnavailable, vec![retry_after()]);
        if !lock(&self.budgets).spend(source.ip(), Instant::now()) {
            return Err(busy());
        }
        // What cannot be read cannot prove who sent it.
        if let Some((status, headers)) = check::defect(request) {
            let known = self.trunk_at(source, transport).is_some();
            return Err(if known || status == StatusCode::BadRequest {
                (status, headers)
            } else {
                match self.judge(request) {
                    Admission::Trunk(_) => (status, headers),
                    Admission::Refused(status, headers) => (status, headers),
                }
            });
        }
        let admission = match self.trunk_at(source, transport) {
            Some(trunk) => Admission::Trunk(trunk.name.clone()),
            None => self.judge(request),
        };
        let trunk = match admission {
            Admission::Trunk(name) => name,
            Admission::Refused(status, headers) => return Err((status, headers)),
        };
        let before = self.in_set_up.fetch_add(1, Ordering::Relaxed);
        let in_set_up = InSetUp(self.in_set_up.clone());
        if before >= CALLS_IN_SET_UP_MAX {
            tracing::warn!(
                limit = CALLS_IN_SET_UP_MAX,
                "too many calls ring at once; refused one more"
            );
            return Err(busy());
        }
        Ok((trunk, in_set_up))
    }

    /// The trunk at this address, over either transport. Everybody on this machine shares the
    /// loopback address, so there the port must be the trunk's too; only a TCP trunk is excused,
    /// whose connections have ports of their own.
    fn trunk_at(&self, source: SocketAddr, transport: SipTransport) -> Option<&Trunk> {
        let stream = transport == SipTransport::Tcp;
        self.trunks.iter().find(|trunk| {
            let same_ip = canonical(trunk.address.ip()) == canonical(source.ip());
            let port_tells = trunk.address.ip().is_loopback();
            let same_port = trunk.address.port() == source.port();
            let excused = stream && trunk.transport == Transport::Tcp;
            same_ip && (!port_tells || same_port || excused)
        })
    }

    /// Judges a stranger by what he knows.
    fn judge(&self, request: &Request) -> Admission {
        if !self.has_test_caller {
            return Admission::Refused(StatusCode::Forbidden, Vec::new());
        }
        let now_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let header = request.authorization_header().map(|header| header.value());
        let mut challenger = lock(&self.challenger);
        match challenger.judge(now_ms, "INVITE", header) {
            Verdict::Good => Admission::Trunk(TEST_CALLER_TRUNK.to_owned()),
            Verdict::Missing => Admission::Refused(
                StatusCode::Unauthorized,
                challenger.challenges(now_ms, false),
            ),
            Verdict::Stale => Admission::Refused(
                StatusCode::Unauthorized,
                challenger.challenges(now_ms, true),
            ),
            Verdict::Wrong => Admission::Refused(StatusCode::Forbidden, Vec::new()),
        }
    }
}

fn canonical(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn retry_after() -> Header {
    Header::RetryAfter(RETRY_AFTER_SECONDS.into())
}

/// A final answer. It is not repeated by us: without a provisional answer before it, a caller
/// who did not get it asks again.
async fn answer(mut transaction: Transaction, status: StatusCode, headers: Vec<Header>) {
    transaction.original.version = rsipstack::sip::Version::V2;
    if let Err(error) = transaction.reply_with(status, headers, None).await {
        tracing::debug!(%error, "a request could not be answered");
    }
}
