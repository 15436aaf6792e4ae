//! Photographs and files of customers (D-ARC-1): known by their content, sealed on disk, taken out as attachments.

use crate::harness::{Actor, Answer, Field, TestApp, fresh_key};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use libtest_mimic::Trial;
use serde_json::json;

pub fn tests() -> Vec<Trial> {
    crate::stories!("files":
        d_arc_1_a_file_is_kept_sealed_and_taken_out_as_an_attachment,
        d_arc_1_pictures_get_small_ones_and_what_isnt_kept_is_refused,
        d_arc_1_a_file_belongs_to_a_record_or_an_entry_of_the_same_customer,
        d_arc_13_files_go_along_when_two_customers_become_one,
        d_arc_13_files_go_with_the_person_or_the_record,
    )
}

const CONTRACT: &str = "%PDF-1.7 the-secret-of-the-contract";
/// One transparent pixel.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/// `合同 王芳.pdf`
const NAME: &str = "%E5%90%88%E5%90%8C%20%E7%8E%8B%E8%8A%B3.pdf";

pub fn attach(actor: &Actor, customer: &str, subject: &str, key: &str, bytes: &[u8]) -> Answer {
    let request = actor.request("POST", &format!("/customers/{customer}/files{subject}"));
    request.key(key).header("File-Name", NAME).file(bytes).send()
}

pub fn pixel() -> Vec<u8> {
    BASE64.decode(PIXEL).expect("a picture")
}

fn d_arc_1_a_file_is_kept_sealed_and_taken_out_as_an_attachment(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let consultant = app.actor("consultant", &[app.east()]);
    let key = fresh_key();
    let file = attach(&consultant, &customer, "", &key, CONTRACT.as_bytes()).created();
    assert_eq!(
        (file.text("/name"), file.text("/media_type"), file.int("/size")),
        ("合同 王芳.pdf".into(), "application/pdf".into(), CONTRACT.len() as i64)
    );
    let again = attach(&consultant, &customer, "", &key, CONTRACT.as_bytes()).created();
    assert_eq!(
        again.text("/id"),
        file.text("/id"),
        "the same request again is the same file"
    );
    let listed = consultant
        .get(&format!("/customers/{customer}/files"))
        .ok()
        .list("/items");
    assert_eq!(listed, std::slice::from_ref(&file));
    let path = format!("/files/{}/content", file.text("/id"));
    let content = consultant.get(&path);
    let header = |name: &str| content.header(name).unwrap_or_default().to_owned();
    assert_eq!(header("content-type"), "application/pdf");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-disposition").starts_with("attachment; filename=\"file.pdf\"; filename*=UTF-8''%E5%90%88"));
    assert_eq!(content.ok(), CONTRACT);
    let log = format!("/access-log?customer_id={customer}&kind=file");
    let noted = app.auditor().get(&log).ok().list("/items");
    assert_eq!(noted.len(), 1, "every look at a whole file is noted");
    assert_eq!(noted[0].text("/subject"), file.text("/id"));
    let elsewhere = app.actor("consultant", &[app.west()]);
    for path in [path, format!("/customers/{customer}/files")] {
        elsewhere.get(&path).expect_problem(403, "forbidden");
        app.cashier().get(&path).expect_problem(403, "forbidden");
    }
    attach(&elsewhere, &customer, "", &fresh_key(), CONTRACT.as_bytes()).expect_problem(403, "forbidden");
    let files = super::privacy::files(app.folder());
    let tables = app.database().dump().unwrap_or_default();
    for secret in ["the-secret-of-the-contract", "合同"] {
        let found = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(
            !found(tables.as_bytes()) && !files.iter().any(|(_, bytes)| found(bytes)),
            "{secret}"
        );
    }
}

fn d_arc_1_pictures_get_small_ones_and_what_isnt_kept_is_refused(app: &TestApp) {
    let (customer, hq) = (app.customer("王芳").create(), app.hq());
    let send = |bytes: &[u8]| attach(&hq, &customer, "", &fresh_key(), bytes);
    let picture = send(&pixel()).created();
    assert_eq!(
        (picture.text("/media_type"), &picture["thumbnail"]),
        ("image/png".into(), &json!(true))
    );
    let small = hq.get(&format!("/files/{}/thumbnail", picture.text("/id")));
    assert_eq!(small.header("content-type"), Some("image/jpeg"));
    assert!(
        small
            .header("content-disposition")
            .is_some_and(|told| told.starts_with("attachment"))
    );
    assert!(small.ok().as_str().is_some_and(|bytes| bytes.contains("JFIF")));
    let contract = send(CONTRACT.as_bytes()).created();
    let none = hq.get(&format!("/files/{}/thumbnail", contract.text("/id")));
    none.expect_problem(404, "not_found");
    let cut = &pixel()[..50];
    for bytes in [b"<html><script>alert(1)</script>".as_slice(), b"MZ\x90\0", b"", cut] {
        let problem = send(bytes).expect_problem(422, "field_invalid");
        assert_eq!(problem.text("/pointer"), "/content");
    }
    let long = [b"%PDF-1.7 ".as_slice(), &vec![b'x'; 10 << 20]].concat();
    assert_eq!(send(&long).status, 413);
    let listed = hq.get(&format!("/customers/{customer}/files")).ok().list("/items");
    assert_eq!(listed.len(), 2, "what was refused left nothing");
    assert_eq!(contents(app), 3, "two files and a small picture");
}

fn d_arc_1_a_file_belongs_to_a_record_or_an_entry_of_the_same_customer(app: &TestApp) {
    let (wang, li) = (app.customer("王芳").create(), app.customer("李娜").create());
    let hq = app.hq();
    let entry = json!({"category": "need", "description": "要小瓶"});
    let entry = hq
        .post(&format!("/customers/{wang}/journal"), &entry)
        .created()
        .text("/id");
    let shipped = hq.get("/record-type-templates").ok();
    let kind = hq.post("/record-types", &shipped["items"][1]).created().text("/id");
    let values = json!({"model": "MX", "serial": "1", "state": "running", "installed_on": "2025-01-01"});
    let record = json!({"type_id": kind, "customer_id": wang, "values": values});
    let record = hq.post("/records", &record).created().text("/id");
    let (of_entry, of_record) = (format!("?journal_id={entry}"), format!("?record_id={record}"));
    let first = attach(&hq, &wang, &of_entry, &fresh_key(), CONTRACT.as_bytes()).created();
    let second = attach(&hq, &wang, &of_record, &fresh_key(), &pixel()).created();
    assert_eq!((first.text("/journal_id"), second.text("/record_id")), (entry, record));
    for (subject, one) in [(&of_entry, &first), (&of_record, &second)] {
        let listed = hq.get(&format!("/customers/{wang}/files{subject}")).ok().list("/items");
        assert_eq!(listed, std::slice::from_ref(one));
        attach(&hq, &li, subject, &fresh_key(), &pixel()).expect_problem(422, "field_invalid");
    }
}

fn d_arc_13_files_go_along_when_two_customers_become_one(app: &TestApp) {
    let (stays, gone) = (app.customer("王芳").create(), app.customer("王芳芳").create());
    let hq = app.hq();
    let file = attach(&hq, &gone, "", &fresh_key(), CONTRACT.as_bytes()).created();
    let merge = super::merges::merge(&hq, &stays, &gone).created();
    let owner = || hq.get(&format!("/customers/{stays}/files")).ok().list("/items");
    assert_eq!(owner()[0].text("/id"), file.text("/id"));
    let content = format!("/files/{}/content", file.text("/id"));
    assert_eq!(hq.get(&content).ok(), CONTRACT);
    super::merges::undo(&hq, &merge).ok();
    assert_eq!(owner().len(), 0);
    assert_eq!(hq.get(&content).ok(), CONTRACT);
}

/// Contents in the data folder.
fn contents(app: &TestApp) -> usize {
    let kept = super::privacy::files(app.folder());
    let kept = kept
        .iter()
        .filter(|(path, _)| path.components().any(|part| part.as_os_str() == "files"));
    kept.count()
}

fn d_arc_13_files_go_with_the_person_or_the_record(app: &TestApp) {
    let (wang, li, hq) = (app.customer("王芳").create(), app.customer("李娜").create(), app.hq());
    let form = super::world::World::record_type_form("machine");
    let kind = hq.post("/record-types", &form).created().text("/id");
    let record = json!({"type_id": kind, "customer_id": wang, "values": {"state": "new"}});
    let record = hq.post("/records", &record).created().text("/id");
    let attach = |customer: &str, subject: &str, bytes: &[u8]| {
        let file = attach(&hq, customer, subject, &fresh_key(), bytes).created();
        format!("/files/{}/content", file.text("/id"))
    };
    let of_record = attach(&wang, &format!("?record_id={record}"), CONTRACT.as_bytes());
    let of_person = attach(&wang, "", &pixel());
    let of_other = attach(&li, "", CONTRACT.as_bytes());
    assert_eq!(contents(app), 4, "three files and a small picture");
    let body = json!({"scope": "record", "customer_id": wang, "record_id": record, "ground": "mistake"});
    let deletion = hq.post("/deletions", &body).created().text("/id");
    let confirm = format!("/deletions/{deletion}/confirm");
    super::erasure::second(app).post(&confirm, &json!({})).ok();
    hq.get(&of_record).expect_problem(404, "not_found");
    hq.get(&of_person).ok();
    assert_eq!(contents(app), 3);
    super::erasure::erase(app, &wang);
    hq.get(&of_person).expect_problem(404, "not_found");
    assert_eq!(hq.get(&format!("/customers/{wang}/files")).ok()["items"], json!([]));
    assert_eq!(hq.get(&of_other).ok(), CONTRACT);
    assert_eq!(contents(app), 1, "nobody else's goes");
}
