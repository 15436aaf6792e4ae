//! The audit log (D-HQ-5): what an auditor reads, computes anew and keeps elsewhere, and that tampering is found.

use crate::harness::process::{Process, cardea};
use crate::harness::{Actor, Backend, Field, TestApp};
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;

pub fn tests() -> Vec<Trial> {
    let mut all = crate::stories!("audit":
        d_hq_5_who_when_from_where_and_what,
        d_hq_5_an_auditor_computes_every_hash_anew,
        d_hq_5_an_edit_is_found_even_with_every_hash_right,
    );
    all.push(Trial::test("process::d_hq_5_a_kept_checkpoint_proves_the_log", || {
        let folder = tempfile::Builder::new().prefix("cardea-process-").tempdir()?;
        a_kept_checkpoint_proves_the_log(folder.path())
    }));
    all
}

/// Every item of a list.
fn all(actor: &Actor, path: &str) -> Vec<Value> {
    let (mut items, mut after) = (Vec::new(), String::new());
    let joint = if path.contains('?') { '&' } else { '?' };
    loop {
        let page = actor.get(&format!("{path}{joint}limit=20{after}")).ok();
        items.extend(page.list("/items"));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return items,
        }
    }
}

fn d_hq_5_who_when_from_where_and_what(app: &TestApp) {
    let member = app.member("王芳");
    app.operate(&member.card, "freeze", json!({})).ok();
    let auditor = app.auditor();
    let path = format!("/audit?action=card.freeze&subject={}", member.card);
    let found = all(&auditor, &path);
    assert_eq!(found.len(), 1, "{found:#?}");
    let entry = &found[0];
    let staff = app.actor("store_manager", &[]).get("/me").ok().text("/staff_id");
    assert_eq!(
        (entry.text("/staff_id"), entry.text("/source_ip")),
        (staff.clone(), "127.0.0.1".into())
    );
    assert!(entry["session_id"].is_string() && entry["at"].is_string(), "{entry:#}");
    assert!(
        !entry.to_string().contains("the holder asked"),
        "free text stays where it can be scrubbed: {entry:#}"
    );
    assert_eq!(
        all(&auditor, &format!("{path}&staff_id={staff}&from={}", entry.text("/at"))),
        found
    );
    assert_eq!(
        all(&auditor, &format!("{path}&until={}", entry.text("/at"))),
        [Value::Null; 0]
    );
    let everything = all(&auditor, "/audit");
    for action in [
        "sale.post",
        "card.issue",
        "customer.create",
        "store.create",
        "auth.login",
    ] {
        assert!(everything.iter().any(|entry| entry["action"] == action), "{action}");
    }
    assert_eq!(all(&app.hq(), "/audit?action=store.").len(), 2);
    for (actor, path) in [
        (app.cashier(), "/audit"),
        (app.manager(), "/audit/export"),
        (app.till(), "/audit/checkpoint"),
    ] {
        actor.get(path).expect_problem(403, "forbidden");
    }
    auditor.get("/audit?limit=0").expect_problem(400, "body_invalid");
}

/// The hash of an entry, as the interface's description says.
fn hash(entry: &Value, previous: &[u8]) -> String {
    let mut form = Vec::new();
    let mut field = |bytes: Option<&[u8]>| match bytes {
        Some(bytes) => {
            form.extend((bytes.len() as u32).to_be_bytes());
            form.extend(bytes);
        }
        None => form.extend([0xff; 4]),
    };
    let id = |name: &str| {
        let text = entry[name].as_str()?.replace('-', "");
        Some(hex::decode(text).expect("an id"))
    };
    let at: cardea_domain::Instant = entry.text("/at").parse().expect("an instant");
    field(Some(b"cardea/audit/1"));
    field(Some(&entry.int("/lane").to_be_bytes()));
    field(Some(&entry.int("/seq").to_be_bytes()));
    field(Some(previous));
    field(id("chain_id").as_deref());
    field(id("id").as_deref());
    field(Some(&at.0.to_be_bytes()));
    field(id("staff_id").as_deref());
    field(id("session_id").as_deref());
    field(entry["source_ip"].as_str().map(str::as_bytes));
    field(entry["action"].as_str().map(str::as_bytes));
    field(id("subject").as_deref());
    field(entry["detail"].as_str().map(str::as_bytes));
    hex::encode(Sha256::digest(&form))
}

fn d_hq_5_an_auditor_computes_every_hash_anew(app: &TestApp) {
    let member = app.member("王芳");
    let other = app.server().second_chain();
    app.sale_to(&member).line("cream", "skin", 10_00).ring();
    let links = all(&app.auditor(), "/audit/export");
    let (mut own, mut others, mut previous) = (0, 0, (-1, 0, vec![0; 32]));
    for link in &links {
        let (lane, seq) = (link.int("/lane"), link.int("/seq"));
        if lane != previous.0 {
            previous = (lane, 0, vec![0; 32]);
        }
        assert_eq!(seq, previous.1 + 1, "without gaps: {link:#}");
        if link["entry"].is_null() {
            others += 1;
        } else {
            assert_eq!(hash(&link["entry"], &previous.2), link.text("/hash"), "{link:#}");
            own += 1;
        }
        previous = (lane, seq, hex::decode(link.text("/hash")).expect("a hash"));
    }
    assert!(own >= 10 && others >= 2, "{own} own, {others} of the neighbour");
    let theirs = all(&other, "/audit/export");
    assert!(theirs.len() >= links.len(), "the same places");
    let shown = theirs.iter().filter(|link| !link["entry"].is_null());
    assert!(shown.count() < theirs.len() / 2 && !Value::from(theirs).to_string().contains(&app.chain().id));
    assert!(all(&other, "/audit").iter().all(|entry| entry["action"] != "sale.post"));
}

fn d_hq_5_an_edit_is_found_even_with_every_hash_right(app: &TestApp) {
    app.member("王芳");
    app.server().run_nightly_jobs();
    let kept = app.auditor().get("/audit/checkpoint").ok();
    let kept = serde_json::from_value(kept).expect("the checkpoint as it is kept in files");
    let engine = app.server().engine();
    assert_eq!(engine.check_audit(&kept).expect("a look"), [""; 0]);
    let mut conn = engine.database().connect().expect("a connection");
    let lane = kept.lanes.iter().find(|lane| lane.seq > 3).expect("a lane in use");
    let of = format!("WHERE lane = {} AND seq = 3", lane.lane);
    let problems = |said: &str| {
        let found = app.server().verify();
        assert!(found.iter().any(|problem| problem.contains(said)), "{said}: {found:#?}");
        let found = engine.check_audit(&kept).expect("a look");
        assert!(found.iter().any(|problem| problem.contains(said)), "{said}: {found:#?}");
    };
    conn.batch(&format!("UPDATE audit SET at = at + 1 {of}"))
        .expect("an edit");
    problems(&format!("audit lane {}: entry 3 was changed", lane.lane));
    conn.batch(&format!("UPDATE audit SET at = at - 1 {of}"))
        .expect("the edit is taken back");
    let (first, last) = ("00".repeat(32), lane.hash.to_string());
    let sealed = format!("WHERE lane = {} AND seq = {}", lane.lane, lane.seq);
    let bytes = |hex: &str| match app.backend {
        Backend::Sqlite => format!("x'{hex}'"),
        Backend::Postgres => format!("'\\x{hex}'::bytea"),
    };
    conn.batch(&format!("UPDATE audit SET hash = {} {sealed}", bytes(&first)))
        .expect("an edit");
    problems(&format!(
        "entry {} isn't the one that checkpoint {}",
        lane.seq, kept.number
    ));
    conn.batch(&format!("UPDATE audit SET hash = {} {sealed}", bytes(&last)))
        .expect("the edit is taken back");
}

fn a_kept_checkpoint_proves_the_log(folder: &Path) -> Result<(), Failed> {
    let run = |arguments: &[&str]| {
        let mut process = Process::start(cardea(folder, arguments));
        let success = process.wait().success();
        (success, process.seen.join("\n"))
    };
    let mut server = Process::start(cardea(folder, &["--listen", "127.0.0.1:0"]));
    server.wait_for_line("http://");
    server.terminate();
    assert!(server.wait().success(), "{}", server.seen.join("\n"));
    let (sealed, said) = run(&["audit", "checkpoint", "--out", "kept.json"]);
    assert!(sealed, "{said}");
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("kept.json"))?)?;
    assert_eq!(
        (kept.int("/number"), kept.int("/lanes/0/seq")),
        (1, 1),
        "sealed when the server stopped: {kept:#}"
    );
    assert_eq!(run(&["audit", "check", "kept.json"]), (true, "clean".into()));
    let (exported, said) = run(&["audit", "export", "--chain", "main"]);
    let links: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert!(exported && links.len() == 1, "{said}");
    assert_eq!(hash(&links[0]["entry"], &[0; 32]), kept.text("/lanes/0/hash"));
    let forged = kept.to_string().replace("\"seq\":1", "\"seq\":0");
    std::fs::write(folder.join("forged.json"), forged)?;
    let (clean, said) = run(&["audit", "check", "forged.json"]);
    assert!(!clean && said.contains("wasn't signed by this installation"), "{said}");
    Ok(())
}
