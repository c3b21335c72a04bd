//! The doors of the console: signing in and out, what is refused before any page looks at it,
//! and the headers that every answer carries.

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};

use crate::house::{Answer, CONSOLE, House};

const HOME: &str = "/lightning/page/home";

async fn post_login(house: &House, form: &str) -> Answer {
    let request = Request::post("/login")
        .header(header::ORIGIN, CONSOLE)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap();
    house.ask_console(request).await
}

async fn get(house: &House, path: &str, cookie: &str) -> Answer {
    let request = Request::get(path)
        .header(header::COOKIE, cookie)
        .body(Body::empty())
        .unwrap();
    house.ask_console(request).await
}

#[tokio::test]
async fn signing_in_opens_the_page_that_was_asked_for() {
    let house = House::new().await;
    let answer = get(&house, "/lightning/o/Contact/list?q=a", "").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(
        answer.location(),
        "/login?next=%2Flightning%2Fo%2FContact%2Flist%3Fq%3Da"
    );
    let form = "username=rita%40example.com&password=correct%20horse%20battery\
                &next=%2Flightning%2Fo%2FContact%2Flist%3Fq%3Da";
    let answer = post_login(&house, form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    assert_eq!(answer.location(), "/lightning/o/Contact/list?q=a");
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    for part in ["Path=/", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let cookie = cookie.split(';').next().unwrap();
    let page = get(&house, answer.location(), cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("Rita Tester").says("Sales Rep");
}

#[tokio::test]
async fn a_wrong_password_says_the_same_for_every_user_name() {
    let house = House::new().await;
    let mut problems = Vec::new();
    for name in ["rita%40example.com", "nobody", "%22%3E%3Cscript%3E"] {
        let answer = post_login(&house, &format!("username={name}&password=wrong")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(!answer.headers.contains_key(header::SET_COOKIE));
        answer.does_not_say("\"><script>");
        let (_, problem) = answer.text.split_once("login-problem\">").unwrap();
        problems.push(problem.split("</div>").next().unwrap().to_owned());
    }
    assert_eq!(problems[0], problems[1]);
    assert_eq!(problems[0], problems[2]);
    assert!(problems[0].contains("The user name or password is wrong."));
}

#[tokio::test]
async fn a_script_without_a_session_gets_401_and_no_page() {
    let house = House::new().await;
    let fragment = Request::get(HOME)
        .header("x-offhook-fragment", "1")
        .body(Body::empty());
    let answer = house.ask_console(fragment.unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    answer.does_not_say("<nav");
}

#[tokio::test]
async fn signing_out_ends_the_session_for_good() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    assert_eq!(rita.get(HOME).await.status, StatusCode::OK);
    let answer = rita.post_form("/logout", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.location(), "/login");
    assert!(
        answer.headers[header::SET_COOKIE]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    assert_eq!(rita.get(HOME).await.status, StatusCode::SEE_OTHER);
}

/// Every way to change something, with a record to try it on.
fn changing_paths(contact: &str) -> Vec<String> {
    let of_record = |what: &str| format!("/lightning/r/Contact/{contact}/{what}");
    vec![
        "/logout".to_owned(),
        "/lightning/o/Contact/new".to_owned(),
        of_record("edit"),
        of_record("delete"),
        of_record("restore"),
        of_record("complete"),
        "/host/call".to_owned(),
        "/host/phone-frame".to_owned(),
        "/no/such/page".to_owned(),
    ]
}

#[tokio::test]
async fn a_form_without_the_sessions_token_changes_nothing() {
    let house = House::new().await;
    let ann = house.create("Contact", &[("LastName", "Smith")]).await;
    let rita = house.sign_in("Rita").await;
    let cookie = format!("offhook_session={}", rita.session.token);
    for path in changing_paths(ann.as_str()) {
        for body in [
            "LastName=Forged",
            "_csrf=&LastName=Forged",
            "_csrf=0&LastName=Forged",
        ] {
            let request = Request::post(&path)
                .header(header::COOKIE, &cookie)
                .header(header::ORIGIN, CONSOLE)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(body))
                .unwrap();
            let answer = house.ask_console(request).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {body}");
            answer.says("too old");
        }
    }
    rita.get(&format!("/lightning/r/Contact/{ann}/view"))
        .await
        .says("Smith");
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_even_with_the_token() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let cookie = format!("offhook_session={}", rita.session.token);
    let body = format!("_csrf={}", rita.session.csrf_token);
    let look_alike = format!("{CONSOLE}.evil.example");
    let pages = house.pages_origin();
    for origin in [
        None,
        Some("null"),
        Some(&look_alike),
        Some("http://127.0.0.1"),
        Some(&pages),
    ] {
        let mut request = Request::post("/logout")
            .header(header::COOKIE, &cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        let answer = house
            .ask_console(request.body(Body::from(body.clone())).unwrap())
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin:?}");
        answer.says("Nothing was changed");
    }
    assert_eq!(
        rita.get(HOME).await.status,
        StatusCode::OK,
        "still signed in"
    );
}

#[track_caller]
fn assert_guarded(headers: &HeaderMap, of: &str) {
    let value = |name: &str| {
        let value = headers
            .get(name)
            .unwrap_or_else(|| panic!("{of}: no {name}"));
        value.to_str().unwrap().to_owned()
    };
    assert_eq!(value("x-content-type-options"), "nosniff", "{of}");
    assert_eq!(
        value("referrer-policy"),
        "strict-origin-when-cross-origin",
        "{of}"
    );
    let policy = value("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'nonce-",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ] {
        assert!(policy.contains(part), "{of}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{of}: {policy}");
}

#[tokio::test]
async fn every_answer_of_the_console_tells_the_browser_what_is_forbidden() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    for path in [
        HOME,
        "/login",
        "/about",
        "/no/such/page",
        "/assets/none.js",
        "/",
        "/healthz",
    ] {
        assert_guarded(&rita.get(path).await.headers, path);
    }
    let refused = rita
        .post_form("/lightning/o/Contact/new", &[("LastName", "")])
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_guarded(&refused.headers, "a refused form");
}

#[tokio::test]
async fn a_nonce_is_used_once_and_every_script_of_the_page_carries_it() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let answer = rita.get(HOME).await;
        let policy = answer.headers["content-security-policy"]
            .to_str()
            .unwrap()
            .to_owned();
        let (_, nonce) = policy.split_once("'nonce-").unwrap();
        let nonce = nonce.split('\'').next().unwrap().to_owned();
        let scripts = answer.text.matches("<script").count();
        assert_eq!(
            scripts,
            answer.text.matches(&format!("nonce=\"{nonce}\"")).count()
        );
        assert!(nonce.len() >= 22, "{nonce}");
        seen.push(nonce);
    }
    assert_ne!(seen[0], seen[1]);
}

#[tokio::test]
async fn only_the_pages_of_the_call_center_may_be_framed_and_hear_the_microphone() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let answer = rita.get(HOME).await;
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    let frames = policy
        .split(';')
        .find(|part| part.contains("frame-src"))
        .unwrap();
    assert_eq!(frames.trim(), format!("frame-src {}", house.pages_origin()));
    let permissions = answer.headers["permissions-policy"].to_str().unwrap();
    let microphone = format!("microphone=(self \"{}\")", house.pages_origin());
    assert!(permissions.contains(&microphone), "{permissions}");
}

#[tokio::test]
async fn a_fragment_is_the_main_element_alone() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let request = Request::get(HOME)
        .header(
            header::COOKIE,
            format!("offhook_session={}", rita.session.token),
        )
        .header("x-offhook-fragment", "1")
        .body(Body::empty())
        .unwrap();
    let answer = house.ask_console(request).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        answer.text.starts_with("<main id=\"oh-main\""),
        "{}",
        answer.text
    );
    assert!(answer.text.trim_end().ends_with("</main>"));
    answer.does_not_say("<html").does_not_say("oh-header");
}

#[tokio::test]
async fn about_says_whose_product_this_is_not() {
    let house = House::new().await;
    get(&house, "/about", "")
        .await
        .says("not affiliated")
        .says("BSD-3-Clause");
}
