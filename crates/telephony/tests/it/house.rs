//! A running telephone with a real store, and a desk with a softphone page for its agent.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use offhook_calls::link::{Down, Up};
use offhook_calls::softphone::{AgentView, Command, FromPage, Phase, ToPage};
use offhook_calls::{AgentId, CallRecord, DeviceId, Settings};
use offhook_phone::Region;
use offhook_store::{Store, StoreSettings};
use offhook_telephony::{CancellationToken, Telephony, TelephonySettings, TestCall, Trunk};
use tokio::sync::mpsc;

/// Nothing that should happen takes longer.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
pub(crate) const PASSWORD: &str = "let me in";
const OWNER: &str = "005000000000001AAA";

pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::new(LOOPBACK, 0)
}

pub(crate) struct House {
    pub(crate) telephony: Telephony,
    pub(crate) store: Store,
    pub(crate) stop: CancellationToken,
    pub(crate) desk: Desk,
    pub(crate) sip_tcp: SocketAddr,
    pub(crate) default_owner: AgentId,
    _folder: Option<tempfile::TempDir>,
}

/// Builds a house.
pub(crate) struct Builder {
    pub(crate) settings: TelephonySettings,
    folder: tempfile::TempDir,
}

impl Builder {
    pub(crate) fn new() -> Self {
        let mut calls = Settings::new(Region::parse("US").expect("a region"), AgentId::new(OWNER));
        calls.ring_timeout_ms = 8_000;
        let sip_tcp = std::net::TcpListener::bind(loopback()).and_then(|l| l.local_addr());
        Self {
            settings: TelephonySettings {
                sip_udp: loopback(),
                sip_tcp: Some(sip_tcp.expect("a TCP port")),
                media_ip: LOOPBACK,
                public_ip: None,
                rtp_ports: (0, 0),
                webrtc_port: 0,
                trunks: Vec::new(),
                test_caller: ("caller".into(), PASSWORD.into()),
                sounds: None,
                bridge_disabled: false,
                calls,
            },
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    pub(crate) fn trunk(mut self, trunk: Trunk) -> Self {
        self.settings.calls.outbound_trunk = Some(trunk.name.clone());
        self.settings.trunks.push(trunk);
        self
    }

    pub(crate) fn bridge_disabled(mut self) -> Self {
        self.settings.bridge_disabled = true;
        self
    }

    pub(crate) async fn store(&self) -> Store {
        let path = self.folder.path().join("offhook.db");
        let settings = StoreSettings {
            database_url: format!("sqlite:{}", path.display()),
            region: Region::parse("US").expect("a region"),
            time_zone: "America/New_York".into(),
        };
        Store::open(&settings).await.expect("a store")
    }

    pub(crate) async fn start(self) -> House {
        let store = self.store().await;
        let (up, up_receiver) = mpsc::channel(64);
        let (down_sender, down) = mpsc::channel(64);
        let stop = CancellationToken::new();
        let sip_tcp = self.settings.sip_tcp.expect("TCP");
        let default_owner = self.settings.calls.default_owner.clone();
        let telephony = offhook_telephony::start(
            self.settings,
            store.clone(),
            up_receiver,
            down_sender,
            stop.clone(),
        )
        .await
        .expect("started");
        House {
            telephony,
            store,
            stop,
            desk: Desk {
                up,
                down,
                device: DeviceId::new("page-1"),
                commands: 0,
                answers: Vec::new(),
            },
            sip_tcp,
            default_owner,
            _folder: Some(self.folder),
        }
    }
}

impl House {
    pub(crate) async fn new() -> Self {
        Builder::new().start().await
    }

    pub(crate) fn sip(&self) -> SocketAddr {
        self.telephony.sip_udp
    }

    pub(crate) fn call(&self, from: &str) -> TestCall {
        TestCall {
            to: self.sip(),
            dialled: "+15550100".into(),
            from: from.into(),
            credentials: ("caller".into(), PASSWORD.into()),
            say: None,
            hear: None,
            talk_ms: 20_000,
            ring_ms: 20_000,
        }
    }

    /// Ends the house; how long that took.
    pub(crate) async fn close(self) -> Duration {
        let began = std::time::Instant::now();
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.telephony.engine)
            .await
            .expect("the engine ends in time")
            .expect("the engine does not break");
        began.elapsed()
    }

    /// The call's row, once it is as wanted.
    pub(crate) async fn row(&self, wanted: impl Fn(&CallRecord) -> bool) -> CallRecord {
        let look = async {
            loop {
                let calls = self.store.latest_calls(10).await.expect("calls");
                if let Some(call) = calls.into_iter().find(|call| wanted(call)) {
                    return call;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, look).await;
        match found {
            Ok(call) => call,
            Err(_) => panic!("no such call: {:?}", self.store.latest_calls(10).await),
        }
    }
}

/// An agent's page, without a browser.
pub(crate) struct Desk {
    up: mpsc::Sender<Up>,
    down: mpsc::Receiver<Down>,
    device: DeviceId,
    commands: u32,
    /// Answers to media offers that came while something else was waited for.
    answers: Vec<String>,
}

impl Desk {
    pub(crate) async fn connect(&mut self) {
        self.connect_as(&AgentId::new("005000000000002AAA")).await;
    }

    pub(crate) async fn connect_as(&mut self, agent: &AgentId) {
        self.send(Up::Connected {
            device: self.device.clone(),
            agent: agent.clone(),
            agent_name: "Rita Rep".into(),
        })
        .await;
        self.view(|view| view.agent_name == "Rita Rep").await;
    }

    pub(crate) async fn send(&self, up: Up) {
        self.up.send(up).await.expect("the telephone listens");
    }

    async fn says(&self, message: FromPage) {
        let device = self.device.clone();
        self.send(Up::Said { device, message }).await;
    }

    pub(crate) async fn command(&mut self, command: Command) {
        self.commands += 1;
        let id = format!("c{}", self.commands);
        self.says(FromPage::Command {
            id: id.clone(),
            command,
        })
        .await;
        let accepted = self
            .told(|message| match message {
                ToPage::Reply {
                    id: reply,
                    accepted,
                    reason,
                    ..
                } if *reply == id => Some((*accepted, reason.clone())),
                _ => None,
            })
            .await;
        assert!(accepted.0, "refused: {:?}", accepted.1);
    }

    pub(crate) async fn offer(&mut self, sdp: String) -> String {
        self.says(FromPage::Offer { sdp }).await;
        if let Some(answer) = self.answers.pop() {
            return answer;
        }
        self.told(|message| match message {
            ToPage::Answer { sdp } => Some(sdp.clone()),
            ToPage::MediaRefused { reason } => panic!("media refused: {reason}"),
            _ => None,
        })
        .await
    }

    pub(crate) async fn ping(&mut self) {
        self.says(FromPage::Ping).await;
        self.told(|message| matches!(message, ToPage::Pong).then_some(()))
            .await;
    }

    pub(crate) async fn view(&mut self, wanted: impl Fn(&AgentView) -> bool) -> AgentView {
        self.told(|message| match message {
            ToPage::View(view) if wanted(view) => Some((**view).clone()),
            _ => None,
        })
        .await
    }

    pub(crate) async fn phase(&mut self, phase: Phase) -> offhook_calls::softphone::CallView {
        let view = self
            .view(|view| view.call.as_ref().is_some_and(|call| call.phase == phase))
            .await;
        view.call.expect("a call")
    }

    /// Waits for a message.
    pub(crate) async fn told<T>(&mut self, wanted: impl Fn(&ToPage) -> Option<T>) -> T {
        let mut seen = Vec::new();
        loop {
            let next = tokio::time::timeout(PATIENCE, self.down.recv()).await;
            let Ok(Some(down)) = next else {
                panic!("the page was not told; it saw {seen:#?}");
            };
            if let Some(found) = wanted(&down.message) {
                return found;
            }
            seen.push(down.message);
        }
    }
}
