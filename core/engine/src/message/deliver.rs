//! Sending: what is due is made this server's in one transaction, sent by some threads, and what became of it written as it
//! comes in.

use super::channel::Transport;
use super::claim::{Desk, Times, Verdict, masked};
use super::content::Content;
use super::row::{self, MessageRow};
use crate::Engine;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::store::{Answer, Id, Lane, Name, Tx};
use crate::store_admin::chain_ids;
use cardea_domain::id::ChainId;
use cardea_domain::message::{Channel, MessageState, html};
use cardea_domain::{Instant, Refusal};
use cardea_messages::backoff::{self, Failed, Next};
use cardea_messages::breaker::Pass;
use cardea_messages::http::Notice;
use cardea_messages::mail::{Address, Letter, Mailbox, Unsubscribe};
use cardea_messages::{Class, Failure, Outcome};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Messages of one transaction.
const SOME: i64 = 100;
/// Longest rest of a thread after a message: three times as long as the message took, so that tills have most of the machine
/// where a quick server takes all that there is, and a slow one loses little.
const REST: Duration = Duration::from_millis(10);
/// Threads that send at the same time; each has a connection of its own.
const THREADS: usize = 6;

/// How often it is tried to write down what became of messages, and how long between.
const NOTES: u32 = 10;
const NOTE_PAUSE: Duration = Duration::from_secs(1);

/// A message on its way.
struct Going {
    row: MessageRow,
    content: Content,
    transport: Arc<Transport>,
}

/// What became of one.
#[derive(Clone)]
enum Became {
    Tried(Outcome),
    /// Its server rests until then, technical time.
    Waits(i64),
}

/// Sends what is due in every chain; answers how many messages were looked at.
///
/// # Errors
/// The first refusal, after the other chains had their turn.
pub async fn deliver_all(engine: &Engine) -> Result<u64, Refusal> {
    let (mut first, mut done) = (Ok(()), 0);
    for chain in chain_ids(engine)? {
        match engine.deliver(chain).await {
            Ok(count) => done += count,
            Err(refusal) => first = first.and(Err(refusal)),
        }
    }
    first.map(|()| done)
}

impl Engine {
    /// Sends what is due in a chain; answers how many messages were looked at.
    ///
    /// # Errors
    /// `busy`, `storage_unavailable`.
    pub async fn deliver(&self, chain: ChainId) -> Result<u64, Refusal> {
        let mut done = self.take_back_orphans(chain).await?;
        loop {
            let (looked_at, going) = self.claim(chain).await?;
            done += looked_at;
            if looked_at == 0 {
                return Ok(done);
            }
            self.send_off(chain, going).await?;
        }
    }

    fn times(&self, chain: ChainId) -> Times {
        Times {
            business: self.clock().business(chain),
            technical: self.clock().now(),
        }
    }

    /// Messages whose server has gone: a mail is sent once more, for the rest a person decides.
    async fn take_back_orphans(&self, chain: ChainId) -> Result<u64, Refusal> {
        let times = self.times(chain);
        // Where one server has the database for itself, whatever another one had is an orphan at once.
        let until = if self.database().is_a_server() || self.network().has_begun(chain) {
            times.technical
        } else {
            Instant(i64::MAX)
        };
        let rows = self.read(chain, |conn| row::orphaned(conn, chain, until, SOME))?;
        self.network().begin(chain);
        if rows.is_empty() {
            return Ok(0);
        }
        let count = rows.len() as u64;
        let work = move |tx: &mut Tx<'_>| {
            for row in &rows {
                let Some(mut row) = row::find(tx.conn(), row.chain_id.typed(), row.id)? else {
                    continue;
                };
                if row.state.0 != MessageState::Sending || row.lease_until >= Some(until.0) {
                    continue;
                }
                row.lease_until = None;
                if row.channel == Some(Name(Channel::Mail)) {
                    row.state = Name(MessageState::Queued);
                } else {
                    row.state = Name(MessageState::Unclear);
                    row.end(times.business);
                }
                row.save(tx.conn())?;
            }
            Answer::ok(&0)
        };
        self.transact_in(Lane::Bulk, &Actor::system(chain), None, "message.orphans", work)
            .await?;
        Ok(count)
    }

    /// Decides about some that are due, and takes those that go.
    async fn claim(&self, chain: ChainId) -> Result<(u64, Vec<Going>), Refusal> {
        let (times, keys) = (self.times(chain), self.keys().chain(chain));
        let (rows, going) = self.read(chain, |conn| {
            let rows = row::due(conn, chain, times.business, SOME)?;
            if rows.is_empty() {
                return Ok((rows, Vec::new()));
            }
            let mut desk = Desk::load(conn, chain, (&keys, self.network(), times), &rows)?;
            let (mut decided, mut going) = (Vec::new(), Vec::new());
            for row in rows {
                let verdict = desk.judge(conn, &row)?;
                let (row, content) = self.decided(&desk, row, verdict, times)?;
                going.extend(content.map(|(content, channel)| (row.id, content, channel)));
                decided.push(row);
            }
            let mut transports = HashMap::new();
            for sealed in &desk.channels {
                transports.insert(sealed.channel, self.network().transport(&keys, sealed)?);
            }
            let mut ready = Vec::new();
            for (id, content, channel) in going {
                match transports.get(&channel) {
                    Some(Ok(transport)) => ready.push((id, content, transport.clone())),
                    Some(Err(refused)) => {
                        let row = decided.iter_mut().find(|row| row.id == id);
                        if let Some(row) = row {
                            row.state = Name(MessageState::Dead);
                            row.say(None, &refused.detail)?;
                            row.end(times.business);
                        }
                    }
                    None => {}
                }
            }
            Ok((decided, ready))
        })?;
        if rows.is_empty() {
            return Ok((0, Vec::new()));
        }
        let looked_at = rows.len() as u64;
        let taken = self.take(chain, rows).await?;
        let mut taken: HashMap<Id, MessageRow> = taken.into_iter().map(|row| (row.id, row)).collect();
        let going = going.into_iter().filter_map(|(id, content, transport)| {
            let row = taken.remove(&id)?;
            Some(Going {
                row,
                content,
                transport,
            })
        });
        Ok((looked_at, going.collect()))
    }

    /// A row as the verdict leaves it.
    fn decided(
        &self,
        desk: &Desk<'_>,
        mut row: MessageRow,
        verdict: Verdict,
        times: Times,
    ) -> Result<(MessageRow, Option<(Content, Channel)>)> {
        match verdict {
            Verdict::Drop(reason) => {
                row.drop_for(reason, times.business);
                Ok((row, None))
            }
            Verdict::Later(at) => {
                row.next_at = at.0;
                Ok((row, None))
            }
            Verdict::Send(content) => {
                let channel = content.channel;
                row.letter = desk.seal(&row, &content)?;
                row.channel = Some(Name(channel));
                row.shown_to = Some(masked(channel, &content.to));
                row.state = Name(MessageState::Sending);
                row.tries += 1;
                row.lease_until = Some(times.technical.0 + self.network().lease_ms);
                Ok((row, Some((*content, channel))))
            }
        }
    }

    /// Saves what was decided, unless another server was quicker; answers the rows that are this one's to send.
    async fn take(&self, chain: ChainId, rows: Vec<MessageRow>) -> Result<Vec<MessageRow>, Refusal> {
        let all = rows.clone();
        let work = move |tx: &mut Tx<'_>| {
            let mut taken = Vec::new();
            for row in &rows {
                if row.save_from(tx.conn(), MessageState::Queued)? && row.state.0 == MessageState::Sending {
                    taken.push(row.id.0);
                }
            }
            Answer::ok(&taken)
        };
        let answered = self
            .transact_in(Lane::Bulk, &Actor::system(chain), None, "message.take", work)
            .await?;
        let taken: std::collections::HashSet<uuid::Uuid> = serde_json::from_str(&answered.json).map_err(Error::from)?;
        Ok(all.into_iter().filter(|row| taken.contains(&row.id.0)).collect())
    }

    /// Sends, and writes what became of each as it comes in.
    async fn send_off(&self, chain: ChainId, going: Vec<Going>) -> Result<(), Refusal> {
        if going.is_empty() {
            return Ok(());
        }
        let (tell, mut told) = mpsc::unbounded_channel();
        let engine = self.clone();
        let sending = tokio::task::spawn_blocking(move || send_all(&engine, chain, going, &tell));
        let mut some = Vec::new();
        while told.recv_many(&mut some, SOME as usize).await > 0 {
            self.note(chain, std::mem::take(&mut some)).await?;
        }
        sending
            .await
            .map_err(|e| Error::internal(format!("sending messages: {e}")))?;
        Ok(())
    }

    async fn note(&self, chain: ChainId, some: Vec<(MessageRow, Became)>) -> Result<(), Refusal> {
        let times = self.times(chain);
        let mut rows = Vec::new();
        for (row, became) in some {
            rows.push(after(row, became, times)?);
        }
        let rows = Arc::new(rows);
        let mut tried = 0;
        loop {
            let rows = rows.clone();
            let work = move |tx: &mut Tx<'_>| {
                for row in rows.iter() {
                    // Dropped meanwhile, because its customer was erased: it stays so.
                    row.save_from(tx.conn(), MessageState::Sending)?;
                }
                Answer::ok(&0)
            };
            let system = Actor::system(chain);
            let noted = self.transact_in(Lane::Bulk, &system, None, "message.note", work).await;
            tried += 1;
            match noted {
                Ok(_) => return Ok(()),
                Err(refusal) if tried >= NOTES => return Err(refusal),
                // What isn't noted is sent once more when its lease ends.
                Err(_) => tokio::time::sleep(NOTE_PAUSE).await,
            }
        }
    }
}

fn send_all(engine: &Engine, chain: ChainId, going: Vec<Going>, tell: &mpsc::UnboundedSender<(MessageRow, Became)>) {
    let queue = Mutex::new(going.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let Some(next) = queue.lock().next() else { return };
                    let began = std::time::Instant::now();
                    let became = send_one(engine, chain, &next);
                    let took = began.elapsed();
                    // Nobody listens any more when the database is gone: the lease ends then.
                    if tell.send((next.row, became)).is_err() {
                        return;
                    }
                    std::thread::sleep((took * 3).min(REST));
                }
            });
        }
    });
}

fn send_one(engine: &Engine, chain: ChainId, going: &Going) -> Became {
    let place = (chain, going.content.channel);
    let now = engine.clock().now().0;
    if let Pass::Wait(until) = engine.network().ask(place, now) {
        return Became::Waits(until);
    }
    let outcome = going
        .transport
        .send(&going.row.id, &going.content, (going.row.created_at, now));
    engine.network().learn(place, engine.clock().now().0, &outcome);
    Became::Tried(outcome)
}

impl Transport {
    /// Sends once. `at`: when the message was made, and now; epoch ms.
    pub(super) fn send(&self, id: &Id, content: &Content, (made, now): (i64, i64)) -> Outcome {
        match self {
            Transport::Mail(server) => {
                let to = Address::parse(&content.to).map_err(|why| Failure::new(Class::Permanent, why.zh, why.en))?;
                let link = content.unsubscribe.clone();
                server.smtp.send(&Letter {
                    message_id: content.message_id.clone(),
                    date: made,
                    from: server.from.clone(),
                    to: Mailbox {
                        name: content.name.clone(),
                        address: to,
                    },
                    reply_to: server.reply_to.clone(),
                    subject: content.subject.clone(),
                    html: Some(html(&content.text, content.language)),
                    text: content.text.clone(),
                    unsubscribe: link.map(|url| Unsubscribe {
                        url,
                        mail: server.unsubscribe.clone(),
                    }),
                    auto_submitted: true,
                })
            }
            Transport::Gateway { client, settings, key } => {
                let notice = Notice {
                    id: id.0.to_string(),
                    phone: content.to.clone(),
                    template: content.template.clone().unwrap_or_default(),
                    sign: settings.sign.clone(),
                    vars: content.values.clone(),
                };
                client.send_notice(&settings.gateway, &notice, key, now)
            }
        }
    }
}

/// The row after a try.
fn after(mut row: MessageRow, became: Became, times: Times) -> Result<MessageRow> {
    let now = times.business;
    row.lease_until = None;
    let failure = match became {
        Became::Waits(until) => {
            row.tries -= 1;
            row.state = Name(MessageState::Queued);
            row.next_at = now.0 + (until - times.technical.0).max(1);
            return Ok(row);
        }
        Became::Tried(Ok(receipt)) => {
            row.state = Name(MessageState::Sent);
            let said = cardea_domain::Text::new(receipt.said.clone(), receipt.said);
            row.say(Some(receipt.code.to_string()), &said)?;
            // What is over needs no content any more; that it went, when and to whom stays.
            row.letter = None;
            row.end(now);
            return Ok(row);
        }
        Became::Tried(Err(failure)) => failure,
    };
    let code = failure.reason.clone().or(failure.code.map(|code| code.to_string()));
    row.say(code, &failure.detail)?;
    let mail = row.channel == Some(Name(Channel::Mail));
    let next = match failure.class {
        Class::Permanent => Next::Dead,
        // A mail that comes twice is one to its reader's program: it has the same Message-ID.
        Class::Unknown if !mail => {
            row.state = Name(MessageState::Unclear);
            row.end(now);
            return Ok(row);
        }
        Class::Unknown | Class::Transient => {
            let failed = Failed {
                failures: u32::try_from(row.tries).unwrap_or(u32::MAX),
                due: row.due_at,
                now: now.0,
                retry_after: failure.retry_after,
            };
            backoff::next(failed, backoff::Limits::default(), jitter())
        }
    };
    match next {
        Next::At(at) => {
            row.state = Name(MessageState::Queued);
            row.next_at = at;
        }
        Next::Dead => {
            row.state = Name(MessageState::Dead);
            row.end(now);
        }
    }
    Ok(row)
}

/// Parts per million, evenly spread.
pub(crate) fn jitter() -> u32 {
    let bytes = crate::keys::random::<4>().unwrap_or([128; 4]);
    (u64::from(u32::from_le_bytes(bytes)) * 1_000_000 / u64::from(u32::MAX)) as u32
}
