//! A peer on PostgreSQL: pgbench, running the statements of a sale as the server sends them, each sale in transactions
//! of its own.

use super::recorded::{self, Statement};
use super::shop::Shop;
use serde_json::Value;
use std::collections::HashMap;
use std::fmt::Write;
use std::process::Command;
use std::time::Duration;

const OPTIONS: &str = "-c cardea.scope=all -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off";

/// A member's ids, as bytes, and the card's number.
struct Ids {
    membership: Vec<u8>,
    customer: Vec<u8>,
    card: Vec<u8>,
    number: String,
}

/// Sales per second with so many clients; the shop was opened recordable, and is of no use afterwards.
pub fn sales_per_second(shop: Shop, clients: usize, time: Duration) -> f64 {
    let started = recorded::now();
    let addr = shop.app.server().addr();
    let load = shop.next_load();
    // The first one prepares statements, which would be recorded as well.
    super::load::once(addr, &shop.request(load, 1));
    let statements = recorded::record(|| super::load::once(addr, &shop.request(load, 0)));
    let member = &shop.members[0];
    let id = |text: &str| uuid::Uuid::parse_str(text).expect("an id").as_bytes().to_vec();
    let ids = Ids {
        membership: id(&member.membership),
        customer: id(&member.customer),
        card: id(&member.card),
        number: member.number.clone(),
    };
    let script = script(
        &statements,
        &ids,
        started,
        &format!("B{load}-0"),
        &format!("8000-{:012x}", 0),
    );
    let url = shop.app.database().url().expect("a database on a server");
    table_of_members(&url, &shop);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sale.sql");
    std::fs::write(&file, script).expect("the script");
    let seconds = time.as_secs().max(1).to_string();
    let output = Command::new("pgbench")
        .args(["-n", "-M", "prepared", "-j", "2", "-D", "i=1000000", "-T", &seconds])
        .args(["-c", &clients.to_string(), "-f"])
        .arg(&file)
        .arg(&url)
        // As the server's writer: it books for every chain, and finds everything by key.
        .env("PGOPTIONS", OPTIONS)
        .output()
        .expect("pgbench is installed (Debian: postgresql-contrib)");
    let said = String::from_utf8_lossy(&output.stdout);
    let figure = said.lines().find_map(|line| line.strip_prefix("tps = "));
    let figure = figure
        .and_then(|rest| rest.split(' ').next())
        .and_then(|text| text.parse().ok());
    let failed = said
        .lines()
        .find_map(|line| line.strip_prefix("number of failed transactions: "));
    assert!(
        failed.is_none_or(|text| text.starts_with("0 ")) && output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    figure.unwrap_or_else(|| panic!("pgbench said: {said}{}", String::from_utf8_lossy(&output.stderr)))
}

/// Every member under a number, for pgbench to choose from.
fn table_of_members(url: &str, shop: &Shop) {
    let mut conn = cardea_engine::store::Conn::open(url, shop.app.folder()).expect("a connection");
    conn.batch(
        "CREATE TABLE bench_members (n INTEGER PRIMARY KEY, membership BYTEA, customer BYTEA, card BYTEA, number TEXT)",
    )
    .expect("a table");
    let hex = |id: &str| id.replace('-', "");
    let rows = shop.members.iter().zip(1..).map(|(m, n)| {
        let (membership, customer, card) = (hex(&m.membership), hex(&m.customer), hex(&m.card));
        format!("({n}, '\\x{membership}', '\\x{customer}', '\\x{card}', '{}')", m.number)
    });
    let rows = rows.collect::<Vec<_>>().join(", ");
    conn.batch(&format!("INSERT INTO bench_members VALUES {rows}; ANALYZE"))
        .expect("members");
}

/// pgbench's script. The audit log's lane moves once per batch and would be one row that everybody waits for: it stays
/// out.
fn script(statements: &[Statement], ids: &Ids, started: u64, receipt: &str, key: &str) -> String {
    let mut script = String::from(
        "\\set i :i + 1\n\\set seq :i * 1000 + :client_id\n\\set m random(1, 2000)\n\
         SELECT membership, customer, card, number FROM bench_members WHERE n = :m \\gset\n",
    );
    let mut new: HashMap<Vec<u8>, usize> = HashMap::new();
    for statement in statements.iter().filter(|s| !s.sql.contains("audit_lanes")) {
        let mut sql = statement.sql.clone();
        for (n, bind) in statement.binds.iter().enumerate().rev() {
            let literal = match bind {
                Value::Array(_) => of_bytes(recorded::bytes(bind).expect("bytes"), ids, started, &mut new),
                Value::String(text) if *text == ids.number => "(:number)::text".into(),
                Value::String(text) if text == receipt || text.ends_with(key) => "('K' || (:seq)::bigint)".to_owned(),
                Value::String(text) => format!("E'{}'::text", escaped(text)),
                Value::Null => "NULL".into(),
                other => other.to_string(),
            };
            sql = sql.replace(&format!("${}", n + 1), &literal);
        }
        writeln!(script, "{sql};").expect("a text");
    }
    script
}

fn of_bytes(bytes: Vec<u8>, ids: &Ids, started: u64, new: &mut HashMap<Vec<u8>, usize>) -> String {
    for (known, name) in [
        (&ids.membership, "membership"),
        (&ids.customer, "customer"),
        (&ids.card, "card"),
    ] {
        if bytes == *known {
            return format!("(:{name})::bytea");
        }
    }
    if recorded::made_at(&bytes).is_some_and(|at| at >= started) {
        let next = new.len();
        let n = *new.entry(bytes).or_insert(next);
        return format!("decode(lpad(to_hex((:seq)::bigint * 32 + {n}), 32, '0'), 'hex')");
    }
    format!("'\\x{}'::bytea", hex::encode(bytes))
}

/// pgbench takes a colon for a variable of its own.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "''").replace(':', "\\x3a")
}
