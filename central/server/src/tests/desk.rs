//! What the desk shows and refuses, on requests as a browser makes them.

use core::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use central_core::Role;
use central_store::{Account, ShardState as _};
use common_wire::Letters;
use common_wire::v1::{Answer, AnswerWord, Down};
use serde_json::{Value, json};
use testing_fleet::{health, incident};
use tower::ServiceExt as _;

use super::Running;
use crate::app::machine_time;
use crate::desk;

const PORT: u16 = 8_081;

/// Somebody's browser.
struct Browser {
    app: Router,
    cookie: String,
    csrf: String,
}

impl Browser {
    async fn new(centre: &Running, role: Role) -> Browser {
        let account = Account { name: role.as_str().to_owned(), role };
        let token = desk::new_link(&centre.app.store, &account, machine_time()).await.unwrap();
        let app = desk::router(centre.app.clone(), ([127, 0, 0, 1], PORT).into());
        let mut browser = Browser { app, cookie: String::new(), csrf: String::new() };
        let response = browser
            .send(browser.request("POST", "/api/v1/sign-in").body(json_body(&json!({ "token": token }))))
            .await;
        assert_eq!(response.status(), StatusCode::OK);
        let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");
        browser.cookie = cookie.split(';').next().unwrap().to_owned();
        browser.csrf = body(response).await["csrf"].as_str().unwrap().to_owned();
        // A link lets in once.
        let again = browser.request("POST", "/api/v1/sign-in").body(json_body(&json!({ "token": token })));
        let refused = browser.send(again).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        assert_eq!(body(refused).await["why"], json!("link"));
        browser
    }

    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, format!("localhost:{PORT}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, self.cookie.clone())
            .header("x-cyberalarm", self.csrf.clone())
    }

    async fn send(&self, request: Result<Request<Body>, axum::http::Error>) -> Response<Body> {
        self.app.clone().oneshot(request.unwrap()).await.unwrap()
    }

    async fn ask(&self, method: &str, path: &str, with: &Value) -> (StatusCode, Value) {
        let response = self.send(self.request(method, path).body(json_body(with))).await;
        (response.status(), body(response).await)
    }

    async fn get(&self, path: &str) -> Value {
        let (status, said) = self.ask("GET", path, &Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{path}: {said}");
        said
    }
}

fn json_body(with: &Value) -> Body {
    if with.is_null() { Body::empty() } else { Body::from(with.to_string()) }
}

async fn body(response: Response<Body>) -> Value {
    let bytes = axum::body::to_bytes(response.into_body(), 4 << 20).await.unwrap();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

fn warning(audience: &Value) -> Value {
    json!({
        "urgency": "today",
        "text": {
            "da": { "title": "Falske mails om recepter", "what": "Flere klinikker får mails, der ligner post fra apoteket.", "steps": ["Åbn ikke vedhæftede filer."] },
            "en": { "title": "False e-mails", "what": "Several clinics get e-mails that look like the pharmacy's.", "steps": ["Do not open attachments."] }
        },
        "audience": audience
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_goes_out_signed_and_the_answers_come_back() {
    let centre = Running::new().await;
    let mut north = centre.claimed("Klinik Nord", "Nordklinik It").await;
    centre.claimed("Klinik Syd", "").await;
    let browser = Browser::new(&centre, Role::Analyst).await;
    let members = browser.get("/api/v1/members").await;
    let north_no = members["members"].as_array().unwrap().iter().find(|one| one["name"] == "Klinik Nord");
    let by_number = warning(&json!({ "members": [north_no.unwrap()["no"], 4_711] }));
    let (_, judged) = browser.ask("POST", "/api/v1/warnings/draft", &by_number).await;
    assert_eq!((&judged["members"], &judged["boxes"]), (&json!(1), &json!(1)));
    let to_one = warning(&json!({ "suppliers": ["Nordklinik It"] }));
    let (_, judged) = browser.ask("POST", "/api/v1/warnings/draft", &to_one).await;
    assert_eq!((&judged["faults"], &judged["members"], &judged["boxes"]), (&json!([]), &json!(1), &json!(1)));
    assert_eq!(judged["preview"]["text"], to_one["text"]);
    let (status, sent) = browser.ask("POST", "/api/v1/warnings", &to_one).await;
    assert_eq!((status, &sent["sent"], &sent["delivered"]), (StatusCode::OK, &json!(1), &json!(0)));
    let id = sent["warning"]["id"].as_str().unwrap().to_owned();

    let mut line = north.connect().await.unwrap();
    let letters: Letters = line.inbox(0).await.unwrap().well().unwrap();
    let seq = u64::try_from(letters.letters.len()).unwrap();
    let letter = north.letter_key.open(letters.letters.last().unwrap(), north.id, seq).unwrap();
    assert!(matches!(&letter.body, Down::Warning(warning) if warning.id == id));
    let now = machine_time();
    let answer = Answer { warning: id.clone(), answer: AnswerWord::NotRelevant, at: now };
    let batch = north.batch(&[common_wire::v1::Body::Answer(answer)], now).unwrap();
    assert_eq!(line.batch(batch).await.unwrap().status, StatusCode::OK);
    let detail = browser.get(&format!("/api/v1/warnings/{id}")).await;
    assert_eq!((&detail["answers"], &detail["delivered"]), (&json!({ "not_relevant": 1 }), &json!(1)));
    let at_north = &detail["boxes"][0];
    assert_eq!((&at_north["member_name"], &at_north["is_delivered"]), (&json!("Klinik Nord"), &json!(true)));
    assert_eq!(at_north["answer"], json!("not_relevant"));

    let recall = format!("/api/v1/warnings/{id}/recall");
    assert_eq!(browser.ask("POST", &recall, &Value::Null).await.0, StatusCode::OK);
    assert_eq!(browser.ask("POST", &recall, &Value::Null).await.0, StatusCode::CONFLICT);
    let letters: Letters = line.inbox(seq).await.unwrap().well().unwrap();
    let letter = north.letter_key.open(&letters.letters[0], north.id, seq + 1).unwrap();
    assert!(matches!(letter.body, Down::Recall(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hard_to_read_or_reaches_nobody_is_not_sent() {
    let centre = Running::new().await;
    centre.claimed("Klinik Nord", "").await;
    let browser = Browser::new(&centre, Role::Analyst).await;
    let mut hard = warning(&json!({ "all": true }));
    hard["text"]["da"]["what"] =
        json!("Organisationers informationssikkerhedsansvarlige understreger nødvendigheden.");
    let (status, said) = browser.ask("POST", "/api/v1/warnings", &hard).await;
    assert_eq!((status, &said["faults"][0]["rule"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("lix")));
    let (status, said) = browser.ask("POST", "/api/v1/warnings", &warning(&json!({}))).await;
    assert_eq!((status, &said["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("audience")));
    assert_eq!(browser.get("/api/v1/warnings").await["warnings"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_filtered_and_paged_and_every_read_is_written_down() {
    let centre = Running::new().await;
    let mut played = centre.claimed("Klinik Nord", "").await;
    let now = machine_time();
    let bodies: Vec<_> = (1..=5).map(|id| incident(id, None, now)).chain([health(now)]).collect();
    let batch = played.batch(&bodies, now).unwrap();
    assert_eq!(played.connect().await.unwrap().batch(batch).await.unwrap().status, StatusCode::OK);
    let browser = Browser::new(&centre, Role::Administrator).await;

    let first = browser.get("/api/v1/incidents?limit=3&due=today,now&region=Nord").await;
    assert_eq!(first["incidents"].as_array().unwrap().len(), 3);
    let next = first["next"].as_str().unwrap();
    let second = browser.get(&format!("/api/v1/incidents?limit=3&after={next}")).await;
    let id = |page: &Value, row: usize| page["incidents"][row]["incident"]["id"].as_str().unwrap().to_owned();
    let ids = [id(&first, 0), id(&first, 1), id(&first, 2), id(&second, 0), id(&second, 1)];
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 5);
    assert!(second["next"].is_null());
    for empty in [
        "due=week",
        "region=Syd",
        "member=7",
        "box=none",
        "state=closed",
        "since=2500-01-01T00:00:00Z",
        "exercise=only",
        "text=apparat%20Syd",
        "text=%25",
        "text=_",
    ] {
        assert_eq!(
            browser.get(&format!("/api/v1/incidents?{empty}")).await["incidents"],
            json!([]),
            "{empty}"
        );
    }
    for (searched, found) in [("APPARAT%20nord", 5), ("0000000000000003", 1), ("%00", 5)] {
        let page = browser.get(&format!("/api/v1/incidents?exercise=hidden&text={searched}")).await;
        assert_eq!(page["incidents"].as_array().unwrap().len(), found, "{searched}");
    }
    for wrong in ["since=yesterday", "exercise=maybe"] {
        let (status, _) = browser.ask("GET", &format!("/api/v1/incidents?{wrong}"), &Value::Null).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let kinds = browser.get("/api/v1/kinds").await;
    assert_eq!(kinds["kinds"], json!([{ "kind": "dns-tunnel", "category": "dns-tunnel" }]));
    let calls = browser.get("/api/v1/calls").await;
    assert_eq!((&calls["urgent"], &calls["blind"], &calls["silent"]), (&json!(5), &json!(0), &json!(0)));

    let path = format!("/api/v1/incidents/{}/{}", played.id, ids[0]);
    let detail = browser.get(&path).await;
    assert_eq!(detail["steps"][0]["incident"]["text"]["title"], "Et apparat sender måske data skjult ud");
    let boxes = browser.get("/api/v1/boxes").await;
    assert_eq!((&boxes["boxes"][0]["state"], &boxes["states"]["active"]), (&json!("active"), &json!(1)));
    let log = browser.get("/api/v1/audit").await;
    let newest = &log["entries"][0];
    assert_eq!((&newest["deed"], &newest["who"]), (&json!("incident.read"), &json!("administrator")));
    assert_eq!(newest["on"], json!(format!("{}/{}", played.id, ids[0])));
    // Each list with how many it showed and of whom; the same once more only when it shows another member's.
    let told: Vec<(&str, &str)> = log["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["deed"] == "incident.list")
        .map(|entry| (entry["on"].as_str().unwrap(), entry["detail"].as_str().unwrap()))
        .collect();
    assert!(told.contains(&("due=today,now region=Nord", "3 incidents of members 1")), "{told:?}");
    assert!(told.contains(&("due=week", "0 incidents")), "{told:?}");
    let mut other = centre.claimed("Klinik Syd", "").await;
    let batch = other.batch(&[incident(9, None, now + Duration::from_secs(1))], now).unwrap();
    assert_eq!(other.connect().await.unwrap().batch(batch).await.unwrap().status, StatusCode::OK);
    for _again in 0..2 {
        browser.get("/api/v1/incidents?limit=3&due=today,now&region=Nord").await;
    }
    let log = browser.get("/api/v1/audit").await;
    assert_eq!(log["entries"][0]["detail"], json!("1 incidents of members 2"));
    assert_ne!(log["entries"][1]["deed"], json!("incident.list"));
    centre.app.store.audit_verify(None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_not_let_in_is_written_down_and_a_flood_fills_nothing() {
    let centre = Running::new().await;
    // Uses a link twice: the second time is refused.
    let browser = Browser::new(&centre, Role::Administrator).await;
    for _again in 0..30 {
        let wrong = json!({ "token": "wrong" });
        assert_eq!(browser.ask("POST", "/api/v1/sign-in", &wrong).await.0, StatusCode::FORBIDDEN);
    }
    let log = browser.get("/api/v1/audit").await;
    let refused: Vec<&Value> =
        log["entries"].as_array().unwrap().iter().filter(|entry| entry["deed"] == "session.refuse").collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(
        (&refused[0]["on"], &refused[0]["detail"]),
        (&json!("administrator"), &json!("this link was used"))
    );
    assert_eq!(centre.app.sign_ins.left(machine_time() + Duration::from_secs(60)), Some(30));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_says_who_met_it_when_and_in_which_incidents() {
    let centre = Running::new().await;
    let now = machine_time();
    let key = common_wire::EpochKey::new("2026-03", [7; 32]);
    for (number, supplier) in [(1, "Nord It"), (2, "Syd It"), (3, "")] {
        let mut played = centre.claimed(&format!("Klinik {number}"), supplier).await;
        let pseudonym = key.pseudonym(common_wire::IndicatorKind::Domain, "bad.example");
        // Another incident of the same box is none of it.
        let told = [incident(1, Some(pseudonym), now), incident(2, None, now)];
        let batch = played.batch(&told, now).unwrap();
        assert_eq!(played.connect().await.unwrap().batch(batch).await.unwrap().status, StatusCode::OK);
    }
    let store = &centre.app.store;
    while store.findings(1).await.unwrap().is_empty() {
        store.look_for_findings(centre.app.policy, now).await.unwrap();
    }
    let browser = Browser::new(&centre, Role::Administrator).await;
    let no = &browser.get("/api/v1/findings").await["findings"][0]["no"];
    let detail = browser.get(&format!("/api/v1/findings/{no}")).await;
    let met = detail["met"].as_array().unwrap();
    assert_eq!((met.len(), &met[0]["times"], &met[0]["first"]), (3, &json!(1), &json!(now.to_string())));
    let boxes: std::collections::BTreeSet<_> = met.iter().map(|one| one["box"].as_str().unwrap()).collect();
    assert_eq!(boxes.len(), 3);
    let incidents = detail["incidents"].as_array().unwrap();
    assert!(incidents.len() == 3 && incidents.iter().all(|row| row["incident"]["id"] == "0000000000000001"));
    assert_eq!(browser.ask("GET", "/api/v1/findings/99", &Value::Null).await.0, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/api/v1/audit").await["entries"][0]["deed"], json!("finding.read"));
    // Whoever saw it is called by it no longer.
    let calls = browser.get("/api/v1/calls").await;
    assert_eq!((&calls["findings"], &calls["last_finding"]), (&json!(1), no));
    assert_eq!(browser.get(&format!("/api/v1/calls?finding={no}")).await["findings"], json!(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_does_not_hear_calls() {
    let centre = Running::new().await;
    let mut played = centre.claimed("Klinik Nord", "").await;
    let now = machine_time();
    let common_wire::v1::Body::Health(mut told) = health(now) else { panic!("no health") };
    told.ports[0].sees = false;
    let batch = played.batch(&[common_wire::v1::Body::Health(told)], now).unwrap();
    assert_eq!(played.connect().await.unwrap().batch(batch).await.unwrap().status, StatusCode::OK);
    let browser = Browser::new(&centre, Role::Analyst).await;
    assert_eq!(browser.get("/api/v1/calls").await["blind"], json!(1));
    let revoke = centre.app.store.find(played.id).unwrap();
    let mut tx = centre.app.store.begin().await.unwrap();
    centre.app.store.revoke(&mut tx, &revoke, now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(browser.get("/api/v1/calls").await["blind"], json!(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_is_changed_and_goes_only_without_boxes() {
    let centre = Running::new().await;
    centre.claimed("Klinik Nord", "").await;
    let (syd, browser) =
        (centre.member("Klinik Syd", "").await, Browser::new(&centre, Role::Administrator).await);
    let path = format!("/api/v1/members/{syd}");
    let mut member = json!({ "name": "Klinik Nord", "kind": "gp", "region": "Syd", "municipality": "Thisted", "supplier": "" });
    let (status, said) = browser.ask("PUT", &path, &member).await;
    assert_eq!((status, &said["why"]), (StatusCode::CONFLICT, &json!("exists")));
    member["name"] = json!("Klinik Sol");
    let (status, changed) = browser.ask("PUT", &path, &member).await;
    assert_eq!(
        (status, &changed["name"], &changed["boxes"]),
        (StatusCode::OK, &json!("Klinik Sol"), &json!(0))
    );
    let newest = browser.get("/api/v1/audit").await["entries"][0].clone();
    assert_eq!(newest["deed"], json!("member.change"));
    assert_eq!(
        newest["detail"],
        json!(r#"name: "Klinik Syd" became "Klinik Sol", region: "Nord" became "Syd""#)
    );
    member["name"] = json!(" ");
    assert_eq!(browser.ask("PUT", &path, &member).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    // Whoever has a box stays; whoever has a code only, goes with it.
    let north = browser.get("/api/v1/members").await["members"][0]["no"].clone();
    let (status, said) = browser.ask("DELETE", &format!("/api/v1/members/{north}"), &Value::Null).await;
    assert_eq!((status, &said["why"]), (StatusCode::CONFLICT, &json!("has_boxes")));
    centre.code(syd, machine_time()).await;
    assert_eq!(browser.ask("DELETE", &path, &Value::Null).await.0, StatusCode::NO_CONTENT);
    for method in ["PUT", "DELETE"] {
        member["name"] = json!("Klinik Sol");
        assert_eq!(browser.ask(method, &path, &member).await.0, StatusCode::NOT_FOUND, "{method}");
    }
    assert_eq!(browser.get("/api/v1/members").await["members"].as_array().unwrap().len(), 1);
    assert_eq!(browser.get("/api/v1/audit").await["entries"][0]["detail"], json!("Klinik Sol"));
    // A warning may name its number: it is nobody else's.
    assert!(centre.member("Klinik Vest", "").await > syd);
    let analyst = Browser::new(&centre, Role::Analyst).await;
    for method in ["PUT", "DELETE"] {
        assert_eq!(analyst.ask(method, &path, &member).await.0, StatusCode::FORBIDDEN, "{method}");
    }
}

/// Whether the front end was built in or a page says that it was not.
#[tokio::test(flavor = "multi_thread")]
async fn pages_are_for_everybody_under_our_name_and_bring_nothing_from_elsewhere() {
    let centre = Running::new().await;
    let app = desk::router(centre.app.clone(), ([127, 0, 0, 1], PORT).into());
    let ask = async |host: &str, path: &str| {
        let request = Request::builder().uri(path).header(header::HOST, host).body(Body::empty());
        app.clone().oneshot(request.unwrap()).await.unwrap()
    };
    let ours = format!("localhost:{PORT}");
    let page = ask(&ours, "/").await;
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(page.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
    assert!(
        page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'none'")
    );
    for path in ["/assets/else.js", "/../Cargo.toml", "/index.html/", "/api"] {
        assert_eq!(ask(&ours, path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(ask("evil.example", "/").await.status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_gets_a_code_and_a_revoked_box_is_refused_at_once() {
    let centre = Running::new().await;
    let browser = Browser::new(&centre, Role::Administrator).await;
    let member = json!({ "name": "Klinik Nord", "kind": "gp", "region": "Nord", "municipality": "Thisted" });
    let (status, added) = browser.ask("POST", "/api/v1/members", &member).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(browser.ask("POST", "/api/v1/members", &member).await.0, StatusCode::CONFLICT);
    let (_, claim) = browser.ask("POST", "/api/v1/claims", &json!({ "member": added["no"] })).await;
    assert!(claim["qr_svg"].as_str().unwrap().contains("<svg"));
    let text: common_wire::ClaimText = claim["text"].as_str().unwrap().parse().unwrap();
    assert_eq!(text.address, centre.boxes.to_string());
    let played = testing_fleet::claim(centre.boxes, centre.app.identity.ca_pem(), &text.code.to_string())
        .await
        .unwrap();
    let mut line = played.connect().await.unwrap();
    let revoke = format!("/api/v1/boxes/{}/revoke", played.id);
    assert_eq!(browser.ask("POST", &revoke, &Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(line.inbox(0).await.unwrap().status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get("/api/v1/boxes").await["boxes"][0]["state"], json!("revoked"));
    assert_eq!(browser.get("/api/v1/health").await["refused"]["revoked"], json!(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_pages_other_names_strangers_and_analysts_are_refused_and_counted() {
    let centre = Running::new().await;
    let browser = Browser::new(&centre, Role::Analyst).await;
    let send = |request: axum::http::request::Builder| browser.send(request.body(Body::empty()));
    let bare = |method: &str, host: &str| {
        Request::builder().method(method).uri("/api/v1/members").header(header::HOST, host)
    };
    let ours = format!("localhost:{PORT}");
    let mut cases = Vec::new();
    for host in ["evil.example", "localhost", "localhost:80", ""] {
        cases.push((
            bare("GET", host).header(header::COOKIE, &browser.cookie),
            StatusCode::MISDIRECTED_REQUEST,
        ));
    }
    cases.push((bare("GET", &ours), StatusCode::UNAUTHORIZED));
    let forged = format!("cyberalarm-desk-{PORT}={}", "0".repeat(64));
    cases.push((bare("GET", &ours).header(header::COOKIE, forged), StatusCode::UNAUTHORIZED));
    cases.push((bare("POST", &ours).header(header::COOKIE, &browser.cookie), StatusCode::FORBIDDEN));
    let wrong_token = bare("POST", &ours).header(header::COOKIE, &browser.cookie).header("x-cyberalarm", "0");
    cases.push((wrong_token, StatusCode::FORBIDDEN));
    let from_elsewhere = browser.request("GET", "/api/v1/members").header("sec-fetch-site", "cross-site");
    cases.push((from_elsewhere, StatusCode::FORBIDDEN));
    for (request, status) in cases {
        let response = send(request).await;
        assert_eq!(response.status(), status);
        assert!(response.headers().contains_key(header::CONTENT_SECURITY_POLICY));
        assert!(body(response).await["problem"].is_string());
    }
    // A page that was just opened asks who sits there: nobody is an answer.
    assert_eq!(send(bare("GET", &ours).uri("/api/v1/session")).await.status(), StatusCode::NO_CONTENT);
    // An analyst takes in nobody, and does not read the audit log.
    let member = json!({ "name": "X", "kind": "gp", "region": "", "municipality": "" });
    assert_eq!(browser.ask("POST", "/api/v1/members", &member).await.0, StatusCode::FORBIDDEN);
    assert_eq!(browser.ask("POST", "/api/v1/claims", &json!({ "member": 1 })).await.0, StatusCode::FORBIDDEN);
    assert_eq!(browser.ask("GET", "/api/v1/audit", &Value::Null).await.0, StatusCode::FORBIDDEN);
    let refused = ["host", "no_session", "forged", "not_allowed"].map(|why| centre.refused(why));
    // One of those without a session is the link that was used twice.
    assert_eq!(refused, [4, 3, 3, 3]);
    // Too long, not JSON, of another kind, not there: a sentence each.
    let long = json!({ "token": "x".repeat(100_000) });
    assert_eq!(browser.ask("POST", "/api/v1/sign-in", &long).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let (status, said) = browser.ask("POST", "/api/v1/warnings", &json!({ "urgency": "never" })).await;
    assert!(status.is_client_error() && said["problem"].is_string());
    assert_eq!(browser.ask("GET", "/api/v1/boxes/%00", &Value::Null).await.0, StatusCode::NOT_FOUND);
    assert_eq!(browser.ask("GET", "/api/v1/else", &Value::Null).await.0, StatusCode::NOT_FOUND);
    // Whoever signs out is out.
    assert_eq!(browser.ask("DELETE", "/api/v1/session", &Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(browser.ask("GET", "/api/v1/boxes", &Value::Null).await.0, StatusCode::UNAUTHORIZED);
}
