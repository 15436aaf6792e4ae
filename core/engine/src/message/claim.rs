//! Which messages go now: load what is due and all that decides about it, decide, save. What goes is this server's for a while.

use super::channel::{self, Sealed};
use super::contact::{self, StaffContact};
use super::content::{Addressed, Content, Seal, said, values};
use super::network::Network;
use super::refuse;
use super::row::MessageRow;
use super::rules::{RulesDocument, WordingDocument};
use crate::archive::{CustomerRow, card_row, mask_mail, mask_phone, people, survivor};
use crate::each;
use crate::error::Result;
use crate::keys::ChainKeys;
use crate::settings;
use crate::store::schema::{approvals, chains, messages, programs, staff, stores};
use crate::store::{Conn, Id, Name};
use cardea_domain::approval::ApprovalState;
use cardea_domain::id::ChainId;
use cardea_domain::message::{
    Channel, Consent, DropReason, MessageKind, MessageRules, MessageState, MessageWording, Purpose, permits,
};
use cardea_domain::{Instant, Text, Zone};
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// What is sent too late says nothing any more.
const OLDEST_MS: i64 = 7 * 24 * 3_600_000;

/// What becomes of a message that is due.
pub(super) enum Verdict {
    /// It goes, with this content.
    Send(Box<Content>),
    Later(Instant),
    Drop(DropReason),
}

/// When it is.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub business: Instant,
    pub technical: Instant,
}

/// All that decides about some messages of a chain.
pub(super) struct Desk<'a> {
    keys: &'a ChainKeys,
    network: &'a Network,
    times: Times,
    chain: (ChainId, String, Zone),
    rules: MessageRules,
    wording: MessageWording,
    pub channels: Vec<Sealed>,
    customers: HashMap<Id, CustomerRow>,
    stores: HashMap<Id, (String, Zone)>,
    programs: HashMap<Id, Text>,
    staff: HashMap<Id, (String, bool)>,
    contacts: HashMap<Id, StaffContact>,
    /// Who wants no reminders.
    refusing: BTreeSet<Id>,
    /// Messages that the cap counts, by customer.
    sent: HashMap<Id, u32>,
    /// Approvals among the subjects that still wait.
    waiting: BTreeSet<Id>,
}

fn zone_of(name: &str) -> Result<Zone> {
    name.parse().map_err(crate::Error::internal)
}

/// How many reminders and marketing messages went to some customers since then.
fn counted(conn: &mut Conn, chain: ChainId, ids: &[Id], since: Instant) -> Result<HashMap<Id, u32>> {
    let capped = MessageKind::ALL
        .iter()
        .copied()
        .filter(|kind| is_capped(kind.purpose()));
    let own = messages::chain_id.eq(Id::from(chain)).and(
        messages::customer_id
            .eq_any(ids.iter().copied().map(Some))
            .assume_not_null(),
    );
    let went = messages::state.eq_any([
        Name(MessageState::Sent),
        Name(MessageState::Sending),
        Name(MessageState::Unclear),
    ]);
    let rows: Vec<Option<Id>> = each!(conn, c => messages::table
        .select(messages::customer_id)
        .filter(own.and(went).and(messages::kind.eq_any(capped.clone().map(Name))))
        .filter(messages::next_at.ge(since.0))
        .load(c)?);
    let mut sent = HashMap::new();
    for id in rows.into_iter().flatten() {
        *sent.entry(id).or_default() += 1;
    }
    Ok(sent)
}

fn is_capped(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::Reminder | Purpose::Marketing)
}

impl<'a> Desk<'a> {
    /// Loads.
    pub fn load(
        conn: &mut Conn,
        chain: ChainId,
        (keys, network, times): (&'a ChainKeys, &'a Network, Times),
        rows: &[MessageRow],
    ) -> Result<Self> {
        let ids = |of: fn(&MessageRow) -> Option<Id>| rows.iter().filter_map(of).collect::<BTreeSet<Id>>();
        let (customer_ids, staff_ids) = (ids(|row| row.customer_id), ids(|row| row.staff_id));
        let (customer_ids, staff_ids) = (Vec::from_iter(customer_ids), Vec::from_iter(staff_ids));
        let subjects: Vec<Id> = rows.iter().filter_map(|row| row.subject_id).collect();
        let rules = settings::read::<RulesDocument>(conn, chain)?.value.0;
        let mut customers = people(conn, chain, customer_ids.iter().copied())?;
        for row in customers.values_mut().filter(|row| row.merged_into.is_some()) {
            if let Some(found) = survivor(conn, row)? {
                *row = found;
            }
        }
        let known: Vec<Id> = customers.values().map(|row| row.id).collect();
        let own = stores::table.filter(stores::chain_id.eq(Id::from(chain)));
        let all: Vec<(Id, String, String)> =
            each!(conn, c => own.select((stores::id, stores::name, stores::time_zone)).load(c)?);
        let mut store_names = HashMap::new();
        for (id, name, zone) in all {
            store_names.insert(id, (name, zone_of(&zone)?));
        }
        let found: Vec<(Id, String, bool)> = each!(conn, c => staff::table
            .select((staff::id, staff::name, staff::active))
            .filter(staff::chain_id.eq(Id::from(chain)).and(staff::id.eq_any(&staff_ids)))
            .load(c)?);
        let (name, zone): (String, String) = each!(conn, c => chains::table
            .find(Id::from(chain))
            .select((chains::name, chains::time_zone))
            .get_result(c)?);
        Ok(Self {
            keys,
            network,
            times,
            chain: (chain, name, zone_of(&zone)?),
            wording: settings::read::<WordingDocument>(conn, chain)?.value.0,
            channels: channel::active(conn, chain)?,
            stores: store_names,
            programs: program_names(conn, chain)?,
            staff: found
                .into_iter()
                .map(|(id, name, active)| (id, (name, active)))
                .collect(),
            contacts: contact::of(conn, keys, chain, &staff_ids)?,
            refusing: refuse::refusing(conn, chain, &known)?,
            sent: counted(conn, chain, &known, rules.cap.since(times.business))?,
            waiting: approvals_waiting(conn, chain, &subjects)?,
            rules,
            customers,
        })
    }

    /// Decides about one.
    pub fn judge(&mut self, conn: &mut Conn, row: &MessageRow) -> Result<Verdict> {
        let kind = row.kind.0;
        if self.rules.is_off(kind) {
            return Ok(Verdict::Drop(DropReason::SwitchedOff));
        }
        if row.letter.is_none() && self.times.business.0 - row.due_at > OLDEST_MS {
            return Ok(Verdict::Drop(DropReason::TooOld));
        }
        if kind == MessageKind::ApprovalWaiting && row.subject_id.is_some_and(|id| !self.waiting.contains(&id)) {
            return Ok(Verdict::Drop(DropReason::Gone));
        }
        match (row.customer_id, row.staff_id) {
            (Some(customer), _) => self.judge_customer(conn, row, customer),
            (None, Some(staff)) => self.judge_staff(row, staff),
            (None, None) => Ok(Verdict::Drop(DropReason::Gone)),
        }
    }

    /// What was tried before goes as it was, if its channel is still there; None if nothing was tried.
    fn again(&self, row: &MessageRow, seal: &Seal<'_>) -> Option<Verdict> {
        let letter = row.letter.as_deref()?;
        // Sealed for somebody who has become another one meanwhile: it is written anew, under the same id.
        let content = Content::open(row, letter, seal).ok()?;
        let set_up = self.channels.iter().any(|found| found.channel == content.channel);
        Some(match set_up {
            true => Verdict::Send(Box::new(content)),
            false => Verdict::Drop(DropReason::NoChannel),
        })
    }

    fn judge_staff(&self, row: &MessageRow, id: Id) -> Result<Verdict> {
        let Some((name, true)) = self.staff.get(&id) else {
            return Ok(Verdict::Drop(DropReason::Gone));
        };
        if let Some(verdict) = self.again(row, &Seal::Chain(self.keys)) {
            return Ok(verdict);
        }
        let contact = self.contacts.get(&id);
        let address = |channel| match channel {
            Channel::Mail => contact.and_then(|contact| contact.mail.clone()),
            Channel::Sms => contact.and_then(|contact| contact.phone.clone()),
            Channel::Chat => None,
        };
        let to = Addressed {
            name,
            chain: &self.chain.1,
            store: "",
            zone: self.chain.2,
            programs: &self.programs,
            public_url: self.network.public_url.as_deref(),
        };
        self.content(row, &to, address)
    }

    fn judge_customer(&mut self, conn: &mut Conn, row: &MessageRow, id: Id) -> Result<Verdict> {
        let Some(customer) = self.customers.get(&id).filter(|customer| customer.data_key.is_some()) else {
            return Ok(Verdict::Drop(DropReason::Erased));
        };
        let purpose = row.kind.0.purpose();
        let consent = Consent {
            marketing: customer.consent_marketing,
            refuses_reminders: self.refusing.contains(&customer.id),
        };
        if let Err(reason) = permits(purpose, consent) {
            return Ok(Verdict::Drop(reason));
        }
        let (store, zone) = self
            .stores
            .get(&customer.store_id)
            .cloned()
            .unwrap_or((String::new(), self.chain.2));
        if let Some(quiet) = self.rules.quiet.filter(|_| !row.kind.0.is_urgent()) {
            let at = quiet.first_allowed(self.times.business, zone);
            if at > self.times.business {
                return Ok(Verdict::Later(at));
            }
        }
        if let Some(key) = customer.person(self.keys)?
            && let Some(verdict) = self.again(row, &Seal::Person(&key))
        {
            return Ok(verdict);
        }
        let sent = self.sent.get(&customer.id).copied().unwrap_or(0);
        if is_capped(purpose) && self.rules.cap.is_reached(sent) {
            return Ok(Verdict::Drop(DropReason::TooMany));
        }
        let contact = customer.contact(self.keys)?;
        let card = card_row::load(conn, self.keys, customer)?.unwrap_or_default();
        let name = customer.form_of_address.0.display(&customer.name);
        let address = |channel| match channel {
            Channel::Mail => card.contact.mail.clone(),
            Channel::Sms => contact.phones.first().cloned(),
            Channel::Chat => card.contact.wechat.clone(),
        };
        let to = Addressed {
            name: self.rules.language.of(&name),
            chain: &self.chain.1,
            store: &store,
            zone,
            programs: &self.programs,
            public_url: self.network.public_url.as_deref(),
        };
        let verdict = self.content(row, &to, address)?;
        if is_capped(purpose) && matches!(verdict, Verdict::Send(_)) {
            *self.sent.entry(customer.id).or_default() += 1;
        }
        Ok(verdict)
    }

    /// The first way that is open, and what is said there.
    fn content(
        &self,
        row: &MessageRow,
        to: &Addressed<'_>,
        address: impl Fn(Channel) -> Option<String>,
    ) -> Result<Verdict> {
        let (kind, language) = (row.kind.0, self.rules.language);
        let (mut usable, mut reached) = (false, None);
        for channel in self.rules.channels(kind) {
            let set_up = self.channels.iter().any(|found| found.channel == channel);
            // A provider sends its own approved texts only.
            if !set_up || (channel != Channel::Mail && self.wording.template(kind, channel).is_none()) {
                continue;
            }
            usable = true;
            if let Some(address) = address(channel) {
                reached = Some((channel, address));
                break;
            }
        }
        let Some((channel, address)) = reached else {
            let reason = if usable {
                DropReason::NoAddress
            } else {
                DropReason::NoChannel
            };
            return Ok(Verdict::Drop(reason));
        };
        let unsubscribe = match (channel, is_capped(kind.purpose()), row.customer_id) {
            (Channel::Mail, true, Some(customer)) => {
                let Some(url) = to.public_url else {
                    return Ok(Verdict::Drop(DropReason::NoLink));
                };
                Some(refuse::link(self.keys, url, (self.chain.0, customer), kind.purpose())?)
            }
            _ => None,
        };
        let values = values(row, to, language)?;
        let (wording, template) = said(&self.wording, row, (channel, language), &values);
        let domain = self.channels.iter().find(|found| found.channel == channel);
        let domain = domain.map_or_else(String::new, Sealed::domain);
        Ok(Verdict::Send(Box::new(Content {
            channel,
            to: address,
            name: to.name.to_owned(),
            language,
            subject: wording.subject,
            text: wording.text,
            values,
            template,
            message_id: format!("<{}@{domain}>", row.id.0),
            unsubscribe,
        })))
    }

    /// Seals what is sent for the first time.
    pub fn seal(&self, row: &MessageRow, content: &Content) -> Result<Option<Vec<u8>>> {
        let Some(id) = row.customer_id else {
            return content.seal(row, &Seal::Chain(self.keys)).map(Some);
        };
        let person = self
            .customers
            .get(&id)
            .map(|customer| customer.person(self.keys))
            .transpose()?;
        let sealed = person.flatten().map(|key| content.seal(row, &Seal::Person(&key)));
        sealed.transpose()
    }
}

fn program_names(conn: &mut Conn, chain: ChainId) -> Result<HashMap<Id, Text>> {
    let rows: Vec<(Id, String, String)> = each!(conn, c => programs::table
        .select((programs::id, programs::name_zh, programs::name_en))
        .filter(programs::chain_id.eq(Id::from(chain)))
        .load(c)?);
    Ok(rows.into_iter().map(|(id, zh, en)| (id, Text::new(zh, en))).collect())
}

/// Requests for approval among these that wait.
fn approvals_waiting(conn: &mut Conn, chain: ChainId, ids: &[Id]) -> Result<BTreeSet<Id>> {
    let open = approvals::chain_id
        .eq(Id::from(chain))
        .and(approvals::state.eq(Name(ApprovalState::Waiting)));
    let rows: Vec<Id> = each!(conn, c => approvals::table
        .select(approvals::id)
        .filter(open.and(approvals::id.eq_any(ids)))
        .load(c)?);
    Ok(rows.into_iter().collect())
}

/// An address as lists show it.
pub(super) fn masked(channel: Channel, address: &str) -> String {
    match channel {
        Channel::Mail => mask_mail(address),
        Channel::Sms => mask_phone(address),
        Channel::Chat => {
            let shown: String = address.chars().take(2).collect();
            format!("{shown}***")
        }
    }
}
