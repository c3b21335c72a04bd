//! Putting the house together: store, telephone and web, and the two channels between the last
//! two, which do not know each other.

use std::net::SocketAddr;

use anyhow::Context;
use offhook_api::ApiSettings;
use offhook_calls::link::{Down, Up};
use offhook_calls::{AgentId, settings};
use offhook_phone::Region;
use offhook_store::files::FilesSettings;
use offhook_store::{MasterKey, Store, StoreSettings};
use offhook_telephony::{CancellationToken, Telephony, TelephonySettings, Transport, Trunk};
use offhook_web::tls::TlsBoard;
use offhook_web::{Web, WebSettings};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::config::{self, Config};
use crate::data_folder::{DataFolder, Running, TestCaller};
use crate::demo;
use crate::exit::{Ended, Failure, OrEnd};
use crate::tls::{self, Tls};

/// Messages between web and telephone that may wait. A full channel slows the sender down.
const LINK_CAPACITY: usize = 4_096;

/// Everything that runs.
pub(crate) struct House {
    /// The shelves.
    pub store: Store,
    /// The telephone.
    pub telephony: Telephony,
    /// The two routers.
    pub web: Web,
    /// The console's socket.
    pub console: TcpListener,
    /// The pages' socket.
    pub pages: TcpListener,
    /// The same doors over TLS, unless it is off.
    pub secure: Option<SecureDoors>,
    /// Where all that listens.
    pub running: Running,
    /// Logins of the demo, when the org is one.
    pub demo: Option<demo::DemoLogins>,
}

/// Ports of the https doors where nothing else is configured.
const SECURE_PORTS: [u16; 2] = [8_443, 8_444];

/// The doors over TLS.
pub(crate) struct SecureDoors {
    /// Secures connections, and looks after the certificate.
    pub tls: Tls,
    /// The console's socket.
    pub console: TcpListener,
    /// The pages' socket.
    pub pages: TcpListener,
    /// The two routers, as they are at these origins.
    pub routers: (offhook_web::Router, offhook_web::Router),
}

/// Builds the house. Sockets are bound first, so that nothing is written when a port is taken.
pub(crate) async fn build(
    config: &Config,
    data: &DataFolder,
    wants_demo: bool,
    shutdown: CancellationToken,
) -> Result<House, Ended> {
    let console = bind(config.server.console_address, "the console").await?;
    let pages = bind(config.server.pages_address, "pages").await?;
    let board = TlsBoard::default();
    let secure = secure_sockets(config, data, &board).await?;
    let store = open_store(config).await?;
    let master_key = data.master_key(offhook_store::random::token);
    store.use_master_key(MasterKey::new(&master_key.or_end(Failure::Data)?));
    let demo = demo_org(&store, data, wants_demo).await?;
    let caller = data.test_caller(|| fresh_password(&store));
    let caller = caller.or_end(Failure::Data)?;
    let (up_sender, up_receiver) = mpsc::channel::<Up>(LINK_CAPACITY);
    let (down_sender, down_receiver) = mpsc::channel::<Down>(LINK_CAPACITY);
    let mut telephony_settings = telephony_settings(config, &store, caller).await?;
    if demo.is_some() {
        telephony_settings
            .trunks
            .push(answering_party(shutdown.clone()).await?);
    }
    telephony_settings.calls.outbound_trunk = outbound_trunk(config, &telephony_settings.trunks);
    let trunks = shown_trunks(&telephony_settings);
    let telephony = offhook_telephony::start(
        telephony_settings,
        store.clone(),
        up_receiver,
        down_sender,
        shutdown,
    )
    .await
    .or_end(Failure::Port)?;

    let secure_origins = secure_origins(config, secure.as_ref())?;
    let running = Running {
        pid: std::process::id(),
        sip: telephony.sip_udp,
        console: origin(&config.server.console_origin, &console)?,
        pages: origin(&config.server.pages_origin, &pages)?,
        secure_console: secure_origins.as_ref().map(|(console, _)| console.clone()),
    };
    let mut web = offhook_web::web(
        WebSettings {
            console_origin: running.console.clone(),
            pages_origin: running.pages.clone(),
            sip_address: format!("sip:{}@{}", shown_number(config, &store), running.sip),
            trunks,
            version: env!("CARGO_PKG_VERSION"),
            data_folder: config.server.data_folder.clone(),
            tls: board,
        },
        store.clone(),
        up_sender,
        down_receiver,
    );
    let secure = add_api(&mut web, &running, &store, secure.zip(secure_origins));
    Ok(House {
        store,
        telephony,
        web,
        console,
        pages,
        secure,
        running,
        demo,
    })
}

/// The number that people call, as it is dialled.
fn shown_number(config: &Config, store: &Store) -> String {
    let number = offhook_phone::dialable(&config.sip.number, store.region());
    number.unwrap_or_else(|| config.sip.number.clone())
}

/// Names and addresses of the trunks, for Setup.
fn shown_trunks(settings: &TelephonySettings) -> Vec<(String, String)> {
    let trunks = settings.trunks.iter();
    trunks
        .map(|trunk| (trunk.name.clone(), trunk.address.to_string()))
        .collect()
}

/// The origins of the https doors as browsers see them.
fn secure_origins(
    config: &Config,
    sockets: Option<&(Tls, TcpListener, TcpListener)>,
) -> Result<Option<(String, String)>, Ended> {
    let Some((_, console, pages)) = sockets else {
        return Ok(None);
    };
    Ok(Some((
        secure_origin(&config.tls.console_origin, console)?,
        secure_origin(&config.tls.pages_origin, pages)?,
    )))
}

/// Sockets and certificate of the https doors, and their origins.
type Secure = ((Tls, TcpListener, TcpListener), (String, String));

/// Puts the API in front of the console, on the plain doors and on those over TLS.
fn add_api(
    web: &mut Web,
    running: &Running,
    store: &Store,
    secure: Option<Secure>,
) -> Option<SecureDoors> {
    let api = offhook_api::router(ApiSettings::new(running.console.clone()), store.clone());
    let doors = secure.map(|((tls, console, pages), origins)| {
        let (behind, pages_router) = web.beside(&origins.0, &origins.1);
        let behind = offhook_api::in_front_of(behind, offhook_api::over_tls(api.clone()));
        SecureDoors {
            tls,
            console,
            pages,
            routers: (behind, pages_router),
        }
    });
    web.console = offhook_api::in_front_of(web.console.clone(), api);
    doors
}

async fn bind(address: SocketAddr, what: &str) -> Result<TcpListener, Ended> {
    TcpListener::bind(address)
        .await
        .with_context(|| {
            format!(
                "cannot listen for {what} on {address}; stop the program that uses it, or choose \
                 another address in the configuration"
            )
        })
        .or_end(Failure::Port)
}

/// Sockets and certificate of the https doors; `None` when TLS is off.
async fn secure_sockets(
    config: &Config,
    data: &DataFolder,
    board: &TlsBoard,
) -> Result<Option<(Tls, TcpListener, TcpListener)>, Ended> {
    let [console, pages] = config.tls_addresses().or_end(Failure::Configuration)?;
    let Some(tls) = tls::prepare(config, data, board).or_end(Failure::Configuration)? else {
        return Ok(None);
    };
    let [console_port, pages_port] = SECURE_PORTS;
    let beside = config.server.console_address;
    let console = secure_socket(console, beside, console_port, "the console over https").await?;
    let beside = config.server.pages_address;
    let pages = secure_socket(pages, beside, pages_port, "pages over https").await?;
    Ok(Some((tls, console, pages)))
}

/// At the configured address, else beside the http door: at the usual port, or any that is free.
async fn secure_socket(
    configured: Option<SocketAddr>,
    beside: SocketAddr,
    port: u16,
    what: &str,
) -> Result<TcpListener, Ended> {
    if let Some(address) = configured {
        return bind(address, what).await;
    }
    match TcpListener::bind((beside.ip(), port)).await {
        Ok(listener) => Ok(listener),
        Err(_) => bind((beside.ip(), 0).into(), what).await,
    }
}

/// Opens the store as the configuration says.
pub(crate) async fn open_store(config: &Config) -> Result<Store, Ended> {
    let region = Region::parse(&config.org.region).context("org.region is no region")?;
    let settings = StoreSettings {
        database_url: config.database_url(),
        region,
        time_zone: config.org.time_zone.clone(),
    };
    let store = Store::open(&settings).await.or_end(Failure::Data)?;
    let files = FilesSettings {
        folder: config.server.data_folder.join(offhook_store::files::FOLDER),
        file_bytes_max: config.files.max_file_mb << 20,
        total_bytes_max: config.files.max_total_gb << 30,
    };
    store.use_files(files).or_end(Failure::Data)?;
    Ok(store)
}

/// Fills an empty org with the demo when it is wanted. An org with people in it stays as it is.
async fn demo_org(
    store: &Store,
    data: &DataFolder,
    wanted: bool,
) -> Result<Option<demo::DemoLogins>, Ended> {
    if wanted && store.is_empty().await.or_end(Failure::Data)? {
        // Marked first: a demo that was filled by half can then still be thrown away.
        data.mark_demo().or_end(Failure::Data)?;
        let logins = demo::fill(store, now_ms()).await?;
        return Ok(Some(logins));
    }
    Ok((wanted && data.is_demo()).then(demo::logins))
}

/// Not guessable: two call ids carry 160 random bits.
fn fresh_password(store: &Store) -> String {
    format!("{}{}", store.new_call_id(), store.new_call_id())
}

async fn telephony_settings(
    config: &Config,
    store: &Store,
    caller: TestCaller,
) -> Result<TelephonySettings, Ended> {
    Ok(TelephonySettings {
        sip_udp: config.sip.udp_address,
        sip_tcp: config.sip_tcp().or_end(Failure::Configuration)?,
        media_ip: config.media.address,
        public_ip: config.public_ip().or_end(Failure::Configuration)?,
        rtp_ports: (config.media.rtp_port_first, config.media.rtp_port_last),
        webrtc_port: config.media.webrtc_port,
        trunks: config.trunk.iter().map(trunk).collect(),
        test_caller: (caller.username, caller.password),
        sounds: None,
        bridge_disabled: config.media.bridge_disabled,
        calls: calls_settings(config, store, default_owner(store).await?),
    })
}

fn trunk(config: &config::TrunkConfig) -> Trunk {
    let named = !config.username.is_empty();
    Trunk {
        name: config.name.clone(),
        address: config.address,
        transport: match config.transport {
            config::Transport::Udp => Transport::Udp,
            config::Transport::Tcp => Transport::Tcp,
        },
        credentials: named.then(|| (config.username.clone(), config.password.clone())),
        caller_id: config.caller_id.clone(),
    }
}

fn calls_settings(config: &Config, store: &Store, default_owner: AgentId) -> settings::Settings {
    let calls = &config.calls;
    settings::Settings {
        ring_strategy: match calls.ring_strategy {
            config::RingStrategy::RingAll => settings::RingStrategy::RingAll,
            config::RingStrategy::LongestIdle => settings::RingStrategy::LongestIdle,
        },
        pop_moment: match calls.pop_moment {
            config::PopMoment::Automatic => settings::PopMoment::Automatic,
            config::PopMoment::OnRing => settings::PopMoment::OnRing,
            config::PopMoment::OnAnswer => settings::PopMoment::OnAnswer,
            config::PopMoment::ByHand => settings::PopMoment::ByHand,
        },
        ring_timeout_ms: calls.ring_timeout_ms,
        agent_ring_ms: calls.agent_ring_ms,
        wrap_up_ms: calls.wrap_up_ms,
        media_return_ms: calls.media_return_ms,
        call_count_max: calls.call_count_max,
        ..settings::Settings::new(store.region(), default_owner)
    }
}

fn outbound_trunk(config: &Config, trunks: &[Trunk]) -> Option<String> {
    let named = &config.calls.outbound_trunk;
    if named.is_empty() {
        trunks.first().map(|trunk| trunk.name.clone())
    } else {
        Some(named.clone())
    }
}

/// Who owns the log of a call that nobody took: the first administrator.
async fn default_owner(store: &Store) -> Result<AgentId, Ended> {
    use offhook_org::{ObjectName, UserContext, Value};
    use offhook_store::org::{Filter, ListQuery, Order};
    let query = ListQuery {
        object: ObjectName::new("User"),
        filters: vec![
            Filter::Equals(
                "ProfileName".into(),
                Value::Text("System Administrator".to_owned()),
            ),
            Filter::Equals("IsActive".into(), Value::Boolean(true)),
        ],
        order: Some(("CreatedDate".into(), Order::Ascending)),
        offset: 0,
        limit: 1,
    };
    let page = store
        .list(&UserContext::system(), &query)
        .await
        .or_end(Failure::Data)?;
    let owner = page
        .records
        .first()
        .map(|user| AgentId::new(user.id.as_str()));
    owner
        .context(
            "the org has no active administrator: make one with `offhook init`, or start with \
             --demo for an org to try",
        )
        .or_end(Failure::Data)
}

/// The demo's far end, behind a loopback trunk.
async fn answering_party(shutdown: CancellationToken) -> Result<Trunk, Ended> {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let address = offhook_telephony::start_answering_party(any, shutdown)
        .await
        .or_end(Failure::Port)?;
    Ok(Trunk {
        name: "answering-party".to_owned(),
        address,
        transport: Transport::Udp,
        credentials: None,
        caller_id: "+15035550100".to_owned(),
    })
}

fn secure_origin(configured: &str, listener: &TcpListener) -> Result<String, Ended> {
    Ok(origin(configured, listener)?.replacen("http://", "https://", 1))
}

fn origin(configured: &str, listener: &TcpListener) -> Result<String, Ended> {
    if !configured.is_empty() {
        return Ok(configured.trim_end_matches('/').to_owned());
    }
    Ok(format!("http://{}", listener.local_addr()?))
}

/// UTC milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
