//! The pages of OAuth: how an app gets its code through a browser, and how it does not.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use offhook_org::UserContext;
use offhook_org::oauth::{AppSettings, Flow, PermittedUsers, Scopes};
use offhook_store::MasterKey;
use offhook_store::accounts::{CodeProof, ConnectedApp, NewApiSession};

use crate::house::{Answer, CONSOLE, House};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CLI_REDIRECT: &str = "http://localhost:1717/OauthRedirect";

/// As the platform's command line sends it.
fn cli_query() -> String {
    format!(
        "state=de092400dbb5&prompt=login&scope=refresh_token%20api%20web\
         &code_challenge={CHALLENGE}&response_type=code&client_id=PlatformCLI\
         &redirect_uri=http%3A%2F%2Flocalhost%3A1717%2FOauthRedirect"
    )
}

fn query_of(app: &ConnectedApp) -> String {
    let uri = encode(&app.settings.redirect_uris[0]);
    let id = &app.client_id;
    format!("response_type=code&client_id={id}&redirect_uri={uri}&state=s1")
}

fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn get(house: &House, path: &str, cookie: &str) -> Answer {
    let request = Request::get(path)
        .header(header::COOKIE, cookie)
        .body(Body::empty());
    house.ask_console(request.unwrap()).await
}

async fn post(house: &House, path: &str, cookie: &str, pairs: &[(&str, &str)]) -> Answer {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    let request = Request::post(path)
        .header(header::ORIGIN, CONSOLE)
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.finish()));
    house.ask_console(request.unwrap()).await
}

/// Cookie and form token of a signed-in user.
async fn signed_in(house: &House, name: &str) -> (String, String) {
    let session = house.sign_in(name).await.session;
    (
        format!("offhook_session={}", session.token),
        session.csrf_token,
    )
}

async fn app(house: &House, change: impl FnOnce(&mut AppSettings)) -> ConnectedApp {
    house.store.use_master_key(MasterKey::new(&[3; 32]));
    let mut settings = AppSettings {
        name: "Wallboard".to_owned(),
        redirect_uris: vec!["https://wallboard.example/cb?x=1".to_owned()],
        scopes: Scopes::parse("api refresh_token").unwrap(),
        flows: [Flow::WebServer, Flow::Device].into(),
        secret_required: true,
        ..AppSettings::default()
    };
    change(&mut settings);
    let system = UserContext::system();
    let made = house
        .store
        .create_connected_app(&system, &settings, now_ms())
        .await;
    made.unwrap().0
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// The value of a pair in the address that an answer leads to.
fn led_to<'a>(answer: &'a Answer, start: &str, name: &str) -> &'a str {
    assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.text);
    let address = answer.location();
    assert!(address.starts_with(start), "{address}");
    let mut pairs = address
        .split(['?', '&'])
        .filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(key, _)| *key == name)
        .map_or("", |(_, value)| value)
}

#[tokio::test]
async fn the_command_line_signs_a_person_in() {
    let house = House::new().await;
    let path = format!("/services/oauth2/authorize?{}", cli_query());
    let (old, csrf) = signed_in(&house, "Ray").await;
    for cookie in ["", &old] {
        let form = get(&house, &path, cookie).await;
        assert_eq!(form.status, StatusCode::OK, "{}", form.text);
        form.says("to continue to <strong>Platform CLI</strong>");
        let policy = form.headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(
            policy.contains("form-action 'self' http://localhost:1717"),
            "{policy}"
        );
    }
    let query = cli_query();
    let entry = |password| {
        [
            ("request", query.as_str()),
            ("username", "rita@example.com"),
            ("password", password),
        ]
    };
    let wrong = post(&house, "/services/oauth2/authorize", "", &entry("wrong")).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    wrong
        .says("The user name or password is wrong.")
        .says("value=\"rita@example.com\"");
    let right = entry("correct horse battery");
    let with_old = [right.as_slice(), &[("_csrf", csrf.as_str())]].concat();
    let done = post(&house, "/services/oauth2/authorize", &old, &with_old).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let cookie = done.headers[header::SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let question = get(&house, done.location(), &cookie).await;
    question
        .says("Rita Tester")
        .says("Read and change your data through APIs");
    let (_, csrf) = question.text.split_once("name=\"_csrf\" value=\"").unwrap();
    let csrf = &csrf[..64];
    let answer = [
        ("request", query.as_str()),
        ("_csrf", csrf),
        ("answer", "allow"),
    ];
    let back = post(&house, "/services/oauth2/approve", &cookie, &answer).await;
    assert_eq!(led_to(&back, CLI_REDIRECT, "state"), "de092400dbb5");
    let code = led_to(&back, CLI_REDIRECT, "code");
    let cli = house
        .store
        .connected_app_of_client("PlatformCLI")
        .await
        .unwrap()
        .unwrap();
    let proof = CodeProof {
        redirect_uri: CLI_REDIRECT,
        verifier: Some(VERIFIER),
    };
    let tokens = house
        .store
        .redeem_authorization_code(&cli, code, proof, now_ms())
        .await;
    let tokens = tokens.unwrap();
    assert_eq!(tokens.user, house.rita);
    assert_eq!(tokens.scopes.to_string(), "api web refresh_token");
}

#[tokio::test]
async fn forty_redirect_addresses_that_are_not_the_app_s_lead_nowhere() {
    let house = House::new().await;
    let app = app(&house, |_| {}).await;
    let variants = [
        "",
        "https://wallboard.example",
        "https://wallboard.example/",
        "https://wallboard.example/cb",
        "https://wallboard.example/cb?",
        "https://wallboard.example/cb?x=2",
        "https://wallboard.example/cb?x=1&y=2",
        "https://wallboard.example/cb?x=1#f",
        "https://wallboard.example/cb/?x=1",
        "https://wallboard.example/cb/../evil?x=1",
        "https://wallboard.example//cb?x=1",
        "https://wallboard.example/CB?x=1",
        "https://WALLBOARD.example/cb?x=1",
        "HTTPS://wallboard.example/cb?x=1",
        "http://wallboard.example/cb?x=1",
        "https://wallboard.example:443/cb?x=1",
        "https://wallboard.example:8443/cb?x=1",
        "https://wallboard.example./cb?x=1",
        "https://wallboard.example.evil.example/cb?x=1",
        "https://evil.example/cb?x=1",
        "https://wallboard.example@evil.example/cb?x=1",
        "https://evil.example/https://wallboard.example/cb?x=1",
        "https://evil.example?https://wallboard.example/cb?x=1",
        "https://evil.example#https://wallboard.example/cb?x=1",
        "https://a.wallboard.example/cb?x=1",
        "//wallboard.example/cb?x=1",
        "https:wallboard.example/cb?x=1",
        "https:///wallboard.example/cb?x=1",
        "https://wallboard.example%2Fcb?x=1",
        "https://wallboard.example/%63b?x=1",
        "https://wallboard.example/cb?x=%31",
        " https://wallboard.example/cb?x=1",
        "https://wallboard.example/cb?x=1 ",
        "https://wallboard.example/cb?x=1\r\nX: y",
        "https://wallboard.example\\@evil.example/cb?x=1",
        "https://wallboard.example\t/cb?x=1",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://localhost:1717/OauthRedirect",
        "https://wallboard\u{2e}example/cb?x=1\0",
        "https://xn--wallboard.example/cb?x=1",
    ];
    assert!(variants.len() >= 40);
    for variant in &variants[1..] {
        let query = format!(
            "response_type=code&client_id={}&redirect_uri={}&state=s1",
            app.client_id,
            encode(variant)
        );
        let answer = get(&house, &format!("/services/oauth2/authorize?{query}"), "").await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{variant}: {}",
            answer.text
        );
        assert!(!answer.headers.contains_key(header::LOCATION), "{variant}");
        answer.says("redirect_uri_mismatch");
        let (cookie, csrf) = signed_in(&house, "Rita").await;
        let pairs = [("request", &*query), ("_csrf", &csrf), ("answer", "allow")];
        let answer = post(&house, "/services/oauth2/approve", &cookie, &pairs).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{variant}");
    }
    let unknown = "/services/oauth2/authorize?response_type=code&client_id=%3Cscript%3E";
    let answer = get(&house, unknown, "").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    answer
        .says("client identifier invalid")
        .does_not_say("<script>");
}

#[tokio::test]
async fn other_mistakes_are_told_to_the_app() {
    let house = House::new().await;
    for (from, to, error) in [
        (
            "response_type=code",
            "response_type=token",
            "unsupported_response_type",
        ),
        (
            "scope=refresh_token%20api%20web",
            "scope=full",
            "invalid_scope",
        ),
        ("code_challenge=E9", "other=E9", "invalid_request"),
        (
            "code_challenge=E9",
            "code_challenge_method=plain&code_challenge=E9",
            "invalid_request",
        ),
    ] {
        let query = cli_query().replace(from, to);
        let answer = get(&house, &format!("/services/oauth2/authorize?{query}"), "").await;
        assert_eq!(led_to(&answer, CLI_REDIRECT, "error"), error);
        assert_eq!(led_to(&answer, CLI_REDIRECT, "state"), "de092400dbb5");
    }
}

#[tokio::test]
async fn a_person_is_asked_once_by_an_app_with_a_secret_and_may_say_no() {
    let house = House::new().await;
    let app = app(&house, |_| {}).await;
    let (cookie, csrf) = signed_in(&house, "Rita").await;
    let query = query_of(&app);
    let path = format!("/services/oauth2/approve?{query}");
    let start = "https://wallboard.example/cb?x=1&";
    get(&house, &path, &cookie)
        .await
        .says("<strong>Wallboard</strong> asks to:");
    let no = [
        ("request", query.as_str()),
        ("_csrf", &csrf),
        ("answer", "deny"),
    ];
    let answer = post(&house, "/services/oauth2/approve", &cookie, &no).await;
    assert_eq!(led_to(&answer, start, "error"), "access_denied");
    let yes = [
        ("request", query.as_str()),
        ("_csrf", &csrf),
        ("answer", "allow"),
    ];
    let answer = post(&house, "/services/oauth2/approve", &cookie, &yes).await;
    let code = led_to(&answer, start, "code");
    let proof = CodeProof {
        redirect_uri: "https://wallboard.example/cb?x=1",
        verifier: None,
    };
    house
        .store
        .redeem_authorization_code(&app, code, proof, now_ms())
        .await
        .unwrap();
    let again = get(&house, &path, &cookie).await;
    assert!(!led_to(&again, start, "code").is_empty());
    let consent = get(&house, &format!("{path}&prompt=consent"), &cookie).await;
    assert_eq!(consent.status, StatusCode::OK);
    let without_session = get(&house, &path, "").await;
    assert!(
        without_session
            .location()
            .starts_with("/services/oauth2/authorize?")
    );
}

#[tokio::test]
async fn an_answer_counts_from_our_own_page_alone() {
    let house = House::new().await;
    let app = app(&house, |_| {}).await;
    let (cookie, csrf) = signed_in(&house, "Rita").await;
    let query = query_of(&app);
    let stale = [("request", query.as_str()), ("answer", "allow")];
    let answer = post(&house, "/services/oauth2/approve", &cookie, &stale).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let body = format!("request={}&answer=allow&_csrf={csrf}", encode(&query));
    let foreign = Request::post("/services/oauth2/approve")
        .header(header::ORIGIN, "https://evil.example")
        .header(header::COOKIE, &cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body));
    let answer = house.ask_console(foreign.unwrap()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(!answer.headers.contains_key(header::LOCATION));
    let page = get(
        &house,
        &format!("/services/oauth2/approve?{query}"),
        &cookie,
    )
    .await;
    assert!(
        page.headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
            .contains("frame-ancestors 'none'")
    );
}

#[tokio::test]
async fn an_administrator_s_approval_stands_for_consent() {
    let house = House::new().await;
    let app = app(&house, |app| {
        app.permitted_users = PermittedUsers::AdminApproved;
        app.profiles = ["Sales Rep".to_owned()].into();
    })
    .await;
    let path = format!("/services/oauth2/approve?{}", query_of(&app));
    let start = "https://wallboard.example/cb?x=1&";
    let (rita, _) = signed_in(&house, "Rita").await;
    assert!(!led_to(&get(&house, &path, &rita).await, start, "code").is_empty());
    let (sam, csrf) = signed_in(&house, "Sam").await;
    let answer = get(&house, &path, &sam).await;
    assert_eq!(led_to(&answer, start, "error"), "access_denied");
    let query = query_of(&app);
    let pairs = [
        ("request", query.as_str()),
        ("_csrf", &csrf),
        ("answer", "allow"),
    ];
    let answer = post(&house, "/services/oauth2/approve", &sam, &pairs).await;
    assert_eq!(led_to(&answer, start, "error"), "access_denied");
}

#[tokio::test]
async fn a_device_is_allowed_by_whoever_types_its_code() {
    let house = House::new().await;
    let app = app(&house, |_| {}).await;
    let scopes = Scopes::parse("api").unwrap();
    let start = house
        .store
        .begin_device(&app, &scopes, now_ms())
        .await
        .unwrap();
    let login = get(&house, "/setup/connect", "").await;
    assert_eq!(login.location(), "/login?next=%2Fsetup%2Fconnect");
    let (cookie, csrf) = signed_in(&house, "Rita").await;
    get(&house, "/setup/connect", &cookie)
        .await
        .says("Enter the code");
    let code = |code| [("_csrf", csrf.as_str()), ("user_code", code)];
    let wrong = post(&house, "/setup/connect", &cookie, &code("BBBB-BBBB")).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    wrong.says("not known or too old");
    let question = post(&house, "/setup/connect", &cookie, &code(&start.user_code)).await;
    question
        .says("<strong>Wallboard</strong>")
        .says("Read and change your data");
    let allow = [code(&start.user_code).as_slice(), &[("answer", "allow")]].concat();
    post(&house, "/setup/connect/answer", &cookie, &allow)
        .await
        .says("The device is connected");
    let tokens = house
        .store
        .poll_device(&app, &start.device_code, now_ms())
        .await
        .unwrap();
    assert_eq!(tokens.user, house.rita);
    for _ in 0..5 {
        post(&house, "/setup/connect", &cookie, &code("CCCC-CCCC")).await;
    }
    let locked = post(&house, "/setup/connect", &cookie, &code("CCCC-CCCC")).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn the_front_door_opens_once_and_leads_to_our_own_pages_only() {
    let house = House::new().await;
    let open =
        async |pairs: String| get(&house, &format!("/secur/frontdoor.jsp?{pairs}"), "").await;
    let otp = house
        .store
        .issue_one_time_login(&house.rita, now_ms())
        .await
        .unwrap();
    let entered = open(format!("otp={otp}&startURL=%2Flightning%2Fo%2FLead%2Flist")).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER);
    assert_eq!(entered.location(), "/lightning/o/Lead/list");
    let cookie = entered.headers[header::SET_COOKIE]
        .to_str()
        .unwrap()
        .to_owned();
    let page = get(
        &house,
        entered.location(),
        cookie.split(';').next().unwrap(),
    )
    .await;
    page.says("Rita Tester");
    let again = open(format!("otp={otp}")).await;
    assert_eq!(again.status, StatusCode::FORBIDDEN);
    assert!(!again.headers.contains_key(header::SET_COOKIE));
    for away in [
        "https%3A%2F%2Fevil.example",
        "%2F%2Fevil.example",
        "%5C%5Cevil.example",
    ] {
        let otp = house
            .store
            .issue_one_time_login(&house.rita, now_ms())
            .await
            .unwrap();
        let entered = open(format!("otp={otp}&startURL={away}")).await;
        assert_eq!(entered.location(), "/lightning/page/home");
    }
}

#[tokio::test]
async fn a_token_opens_the_console_when_it_is_for_pages_too() {
    let house = House::new().await;
    let token = async |scopes: &str| {
        let new = NewApiSession {
            user: house.ray.clone(),
            app: "Loader".to_owned(),
            app_id: None,
            grant: None,
            scopes: Scopes::parse(scopes).unwrap(),
        };
        house.store.issue_api_session(&new, now_ms()).await.unwrap()
    };
    let open = async |token: &str| {
        get(
            &house,
            &format!("/secur/frontdoor.jsp?sid={}", encode(token)),
            "",
        )
        .await
    };
    assert_eq!(
        open(&token("api web").await).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        open(&token("api").await).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(open("").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_request_at_another_name_of_this_computer_is_led_to_ours() {
    let house = House::new().await;
    let path = format!("/services/oauth2/authorize?{}", cli_query());
    let request = Request::get(&path)
        .header(header::HOST, "localhost:1")
        .body(Body::empty());
    let answer = house.ask_console(request.unwrap()).await;
    assert_eq!(answer.location(), format!("{CONSOLE}{path}"));
    for host in [
        "127.0.0.1:1",
        "localhost:2",
        "evil.example:1",
        "crm.example.com",
    ] {
        let request = Request::get(&path)
            .header(header::HOST, host)
            .body(Body::empty());
        assert_eq!(
            house.ask_console(request.unwrap()).await.status,
            StatusCode::OK
        );
    }
}
