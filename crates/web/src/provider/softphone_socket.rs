//! The socket of a softphone page: what the page says goes to the telephone, what the telephone
//! says goes to the page. It decides nothing; it keeps strangers, floods and dead pages away.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use offhook_calls::link::Up;
use offhook_calls::softphone::{FromPage, Phase, ToPage};
use offhook_calls::{AgentId, DeviceId};
use offhook_store::random;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval_at, timeout};

use super::bearer;
use crate::{AppState, now_ms};

/// The version of the wire.
const PROTOCOL: &str = "offhook.v1";

/// The largest message; an SDP offer has a few KiB.
const MESSAGE_SIZE_MAX: usize = 64 * 1024;

/// Messages that a page may send at once, and each second in the long run. Typing digits and
/// notes as fast as one can stays far below.
const MESSAGE_BURST_MAX: f64 = 100.0;
const MESSAGES_PER_SECOND_MAX: f64 = 30.0;

/// Messages that make no sense before the page is sent away.
const MALFORMED_MAX: u32 = 20;

/// How often a page is asked for a sign of life, and how long it may give none.
const PING_EVERY: Duration = Duration::from_secs(15);
const SILENCE_MAX: Duration = Duration::from_secs(50);

/// How often the ticket is looked at again: within a second after a sign-out, or after the user
/// was frozen or deactivated, the socket closes.
const TICKET_CHECK_EVERY: Duration = Duration::from_millis(800);

/// How often the page gets a fresh ticket.
const TICKET_RENEW_EVERY: Duration = Duration::from_secs(30 * 60);

/// How long one message may take to leave for the page.
const SEND_TIME_MAX: Duration = Duration::from_secs(10);

/// Close codes: the ticket is not good; over a limit; try again later; the server ends; our
/// fault. The last four are RFC 6455's.
const TICKET_NOT_GOOD: u16 = 4401;
const POLICY: u16 = 1008;
const TRY_AGAIN_LATER: u16 = 1013;
const GOING_AWAY: u16 = 1001;
const SERVER_FAULT: u16 = 1011;

/// `GET /softphone/socket`. The origin must be ours exactly; the ticket comes as a subprotocol.
pub(super) async fn open(
    State(state): State<AppState>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !bearer::from_pages_origin(&state, &headers) {
        return (
            StatusCode::FORBIDDEN,
            "The softphone's socket is for this server's own softphone page only.",
        )
            .into_response();
    }
    if !bearer::subprotocols(&headers).any(|name| name == PROTOCOL) {
        return (
            StatusCode::BAD_REQUEST,
            "The subprotocol offhook.v1 was expected.",
        )
            .into_response();
    }
    let ticket = bearer::subprotocol(&headers).unwrap_or("").to_owned();
    upgrade
        .protocols([PROTOCOL])
        .max_message_size(MESSAGE_SIZE_MAX)
        .max_frame_size(MESSAGE_SIZE_MAX)
        .on_upgrade(move |socket| attend(state, ticket, socket))
}

/// From the first to the last message of a page.
async fn attend(state: AppState, ticket: String, socket: WebSocket) {
    let (mut to_page, from_page) = socket.split();
    // A browser cannot read the status of a refused upgrade, so the refusal is a close code.
    let admitted = match admit(&state, &ticket).await {
        Ok(admitted) => admitted,
        Err(close) => return close_with(&mut to_page, close).await,
    };
    let Admitted {
        device,
        agent,
        agent_name,
        queue,
    } = admitted;
    let connected = Up::Connected {
        device: device.clone(),
        agent,
        agent_name,
    };
    let mut page = Page {
        state: state.clone(),
        ticket,
        device: device.clone(),
        allowance: Allowance::full(Instant::now()),
        malformed: 0,
        last_heard: Instant::now(),
        in_call: false,
    };
    let close = match state.up.send(connected).await {
        Ok(()) => page.run(&mut to_page, from_page, queue).await,
        Err(_) => Some((GOING_AWAY, "the telephone has ended")),
    };
    state.sockets.disconnect(&device);
    // The telephone has ended when this fails; there is nobody left to tell.
    let _ = state.up.send(Up::Gone { device }).await;
    if let Some(close) = close {
        close_with(&mut to_page, close).await;
    }
}

type Close = (u16, &'static str);

struct Admitted {
    device: DeviceId,
    agent: AgentId,
    agent_name: String,
    queue: mpsc::Receiver<ToPage>,
}

async fn admit(state: &AppState, ticket: &str) -> Result<Admitted, Close> {
    let not_good = (TICKET_NOT_GOOD, "the ticket is not good");
    let holder = bearer::user(state, ticket)
        .await
        .map_err(|error| fault(&error))?;
    let holder = holder.ok_or(not_good)?;
    let user = state
        .store
        .user_context(&holder.user)
        .await
        .map_err(|error| fault(&error))?;
    let user = user.ok_or(not_good)?;
    let device = DeviceId::new(&random::token()[..32]);
    let agent = AgentId::new(holder.user.as_str());
    let queue = state
        .sockets
        .connect(device.clone(), agent.clone())
        .ok_or((
            TRY_AGAIN_LATER,
            "too many softphone pages of this user are open",
        ))?;
    Ok(Admitted {
        device,
        agent,
        agent_name: user.user_name,
        queue,
    })
}

fn fault(error: &offhook_store::StoreError) -> Close {
    tracing::error!(%error, "a softphone page's ticket could not be looked up");
    (SERVER_FAULT, "the database did not answer")
}

async fn close_with(to_page: &mut SplitSink<WebSocket, Message>, (code, reason): Close) {
    let frame = CloseFrame {
        code,
        reason: reason.into(),
    };
    // The page may be gone already.
    let _ = timeout(SEND_TIME_MAX, to_page.send(Message::Close(Some(frame)))).await;
}

/// One connected page.
struct Page {
    state: AppState,
    ticket: String,
    device: DeviceId,
    allowance: Allowance,
    malformed: u32,
    last_heard: Instant,
    /// The last view had a call before wrap-up: a call in progress is not cut by a lost right.
    in_call: bool,
}

impl Page {
    /// Carries messages both ways until one side ends; gives the close code to send, if any.
    async fn run(
        &mut self,
        to_page: &mut SplitSink<WebSocket, Message>,
        mut from_page: SplitStream<WebSocket>,
        mut queue: mpsc::Receiver<ToPage>,
    ) -> Option<Close> {
        let mut ping = every(PING_EVERY);
        let mut check = every(TICKET_CHECK_EVERY);
        let mut renew = every(TICKET_RENEW_EVERY);
        loop {
            let step = tokio::select! {
                message = queue.recv() => self.down(to_page, message).await,
                message = from_page.next() => self.up(to_page, message).await,
                _ = ping.tick() => self.ping(to_page).await,
                _ = check.tick() => self.check_ticket().await,
                _ = renew.tick() => self.renew_ticket(to_page).await,
            };
            if let Err(close) = step {
                return close;
            }
        }
    }

    async fn down(
        &mut self,
        to_page: &mut SplitSink<WebSocket, Message>,
        message: Option<ToPage>,
    ) -> Result<(), Option<Close>> {
        let Some(message) = message else {
            return Err(Some((TRY_AGAIN_LATER, "connect again")));
        };
        if let ToPage::View(view) = &message {
            self.in_call = view
                .call
                .as_ref()
                .is_some_and(|call| call.phase != Phase::WrapUp);
            if view.call.as_ref().is_some_and(|call| call.pop.is_some()) {
                tracing::debug!(target: "offhook::milestone", "view");
            }
        }
        send(to_page, &message).await
    }

    async fn up(
        &mut self,
        to_page: &mut SplitSink<WebSocket, Message>,
        message: Option<Result<Message, axum::Error>>,
    ) -> Result<(), Option<Close>> {
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                self.last_heard = Instant::now();
                return Ok(());
            }
            Some(Ok(Message::Binary(_))) => return self.count_malformed(),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(None),
        };
        self.last_heard = Instant::now();
        if !self.allowance.take(self.last_heard) {
            return Err(Some((POLICY, "too many messages")));
        }
        match serde_json::from_str(&text) {
            Ok(FromPage::Ping) => send(to_page, &ToPage::Pong).await,
            Ok(message @ (FromPage::Command { .. } | FromPage::Offer { .. })) => {
                let said = Up::Said {
                    device: self.device.clone(),
                    message,
                };
                let sent = self.state.up.send(said).await;
                sent.map_err(|_| Some((GOING_AWAY, "the telephone has ended")))
            }
            Err(error) => {
                tracing::debug!(device.id = %self.device, %error, "a message was not understood");
                self.count_malformed()
            }
        }
    }

    /// Skips a message that makes no sense (a page of another version may say more than we
    /// know), until there are too many.
    fn count_malformed(&mut self) -> Result<(), Option<Close>> {
        self.malformed += 1;
        if self.malformed > MALFORMED_MAX {
            return Err(Some((POLICY, "too many messages that are not understood")));
        }
        Ok(())
    }

    async fn ping(
        &mut self,
        to_page: &mut SplitSink<WebSocket, Message>,
    ) -> Result<(), Option<Close>> {
        if self.last_heard.elapsed() > SILENCE_MAX {
            return Err(Some((GOING_AWAY, "no sign of life")));
        }
        deliver(to_page, Message::Ping(axum::body::Bytes::new())).await
    }

    /// Closes when the session has ended or the user has left the call center; a call in
    /// progress is finished first.
    async fn check_ticket(&mut self) -> Result<(), Option<Close>> {
        match bearer::user(&self.state, &self.ticket).await {
            Ok(None) if !self.in_call => Err(Some((TICKET_NOT_GOOD, "signed out"))),
            // A database that does not answer for a moment must not cut anybody off.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn renew_ticket(
        &mut self,
        to_page: &mut SplitSink<WebSocket, Message>,
    ) -> Result<(), Option<Close>> {
        let renewed = self
            .state
            .store
            .renew_softphone_ticket(&self.ticket, now_ms())
            .await;
        let Ok(Some(ticket)) = renewed else {
            // `check_ticket` says what is to be done about a ticket that is not good.
            return Ok(());
        };
        self.ticket.clone_from(&ticket);
        send(to_page, &ToPage::Ticket { ticket }).await
    }
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval_at(tokio::time::Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn send(
    to_page: &mut SplitSink<WebSocket, Message>,
    message: &ToPage,
) -> Result<(), Option<Close>> {
    match serde_json::to_string(message) {
        Ok(text) => deliver(to_page, Message::Text(text.into())).await,
        Err(error) => {
            tracing::error!(%error, "a message for a softphone page could not be written");
            Err(Some((SERVER_FAULT, "a message could not be written")))
        }
    }
}

async fn deliver(
    to_page: &mut SplitSink<WebSocket, Message>,
    message: Message,
) -> Result<(), Option<Close>> {
    match timeout(SEND_TIME_MAX, to_page.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(None),
        Err(_) => Err(Some((TRY_AGAIN_LATER, "too slow"))),
    }
}

/// How many messages the page may still send: a bucket that refills with time.
struct Allowance {
    left: f64,
    at: Instant,
}

impl Allowance {
    fn full(at: Instant) -> Self {
        Self {
            left: MESSAGE_BURST_MAX,
            at,
        }
    }

    fn take(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        self.left = (self.left + passed * MESSAGES_PER_SECOND_MAX).min(MESSAGE_BURST_MAX);
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_allowed_and_a_flood_is_not() {
        let start = Instant::now();
        let mut allowance = Allowance::full(start);
        let taken = (0..1_000).filter(|_| allowance.take(start)).count();
        assert_eq!(taken, 100);
        assert!(allowance.take(start + Duration::from_secs(1)));
    }

    #[test]
    fn typing_fast_for_an_hour_is_allowed() {
        let start = Instant::now();
        let mut allowance = Allowance::full(start);
        let all =
            (0..36_000_u64).all(|tenth| allowance.take(start + Duration::from_millis(100 * tenth)));
        assert!(all);
    }
}
