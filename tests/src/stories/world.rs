//! One of everything that belongs to a store, in any chain.

use crate::harness::{Actor, Field, Member, ONE_TIME, TestApp, fresh_key, time};
use serde_json::{Value, json};

pub struct World {
    /// Somebody who may see everything of it.
    pub hq: Actor,
    pub region: String,
    pub store: String,
    pub consultant: String,
    pub program: String,
    pub customer: String,
    pub membership: String,
    pub card: String,
    pub number: String,
    pub sale: String,
    pub redemption: String,
    pub reward: String,
    pub staff: String,
    pub record_type: String,
    pub record: String,
    pub deletion: String,
    pub lending: String,
    pub task: String,
    pub handover: String,
    pub entry: String,
    pub warning: String,
    pub file: String,
    pub form: String,
    pub contract_type: String,
    /// In review.
    pub contract: String,
    pub approval: String,
    /// To the customer.
    pub message: String,
    pub stock_take: String,
    pub terms: String,
    pub voucher: Voucher,
    pub webhook: String,
    pub delivery: String,
    pub blanks: Blanks,
    pub marketing: Marketing,
    pub top_up: String,
    pub pass: String,
    pub pass_use: String,
    pub hold: String,
    /// Another membership of the program, which owes points.
    pub debtor: String,
    /// The membership's.
    pub pool: String,
}

/// Blank cards of a world.
#[derive(Default)]
pub struct Blanks {
    pub batch: String,
    pub transfer: String,
    pub count: String,
    /// One's number.
    pub number: String,
}

/// A kind of vouchers, a batch, and one that is the member's.
#[derive(Default)]
pub struct Voucher {
    pub kind: String,
    pub batch: String,
    pub id: String,
}

/// What head office promotes with.
#[derive(Default)]
pub struct Marketing {
    pub campaign: String,
    pub tag: String,
    pub segment: String,
}

impl World {
    /// In a store of the story's chain.
    pub fn of_store(app: &TestApp, store: &str) -> Self {
        Self::furnish(app, &app.hq(), store, app.program())
    }

    /// In the first store of another chain.
    pub fn of_chain(app: &TestApp, hq: &Actor) -> Self {
        let chain = hq.get("/me").ok().text("/chain/id");
        app.server().set_business_clock(&chain, Some(time::millis(&app.now())));
        let store = json!({"code": "south", "name": "南店", "region_id": null, "time_zone": time::ZONE, "kind": "own"});
        let store = hq.post("/stores", &store).created().text("/id");
        let program = json!({"code": "club", "name": {"zh": "会员", "en": "Members"}, "plugin": "retail"});
        let program = hq.post("/programs", &program).created().text("/id");
        Self::furnish(app, hq, &store, &program)
    }

    pub fn holder_transfer_form(&self) -> Value {
        let identity = json!({"kind": "passport", "last_four": "0000"});
        json!({
            "customer_id": self.customer, "store_id": self.store, "reason": "x", "from_identity": identity,
            "to_identity": identity,
        })
    }

    fn furnish(app: &TestApp, hq: &Actor, store: &str, program: &str) -> Self {
        let code = app.next_receipt();
        let employee = |user: &str, role: &str| {
            let body = json!({"user": user, "name": user, "role": role, "store_ids": [store], "password": ONE_TIME});
            hq.post("/staff", &body).created().text("/id")
        };
        let consultant = employee(&format!("mei-{code}"), "consultant");
        let staff = employee(&format!("li-{code}"), "clerk");
        let reward = json!({
            "program_id": program, "store_id": store, "code": format!("mug-{code}"), "name": {"zh": "杯", "en": "mug"},
            "points": 10, "stock": null,
        });
        let mut world = Self {
            hq: hq.clone(),
            region: Self::made(hq, "/regions", &json!({"code": code, "name": code})),
            store: store.to_owned(),
            program: program.to_owned(),
            reward: hq.post("/rewards", &reward).created().text("/id"),
            consultant,
            staff,
            customer: String::new(),
            membership: String::new(),
            card: String::new(),
            number: String::new(),
            sale: String::new(),
            redemption: String::new(),
            record_type: Self::made(hq, "/record-types", &Self::record_type_form(&code)),
            record: String::new(),
            deletion: String::new(),
            lending: String::new(),
            task: String::new(),
            handover: String::new(),
            entry: String::new(),
            warning: String::new(),
            file: String::new(),
            form: String::new(),
            contract_type: Self::made(hq, "/contract-types", &Self::contract_type_form(&code)),
            contract: String::new(),
            approval: String::new(),
            message: String::new(),
            stock_take: String::new(),
            terms: String::new(),
            voucher: Voucher::default(),
            webhook: String::new(),
            delivery: String::new(),
            blanks: Blanks::default(),
            marketing: Marketing::default(),
            top_up: String::new(),
            pass: String::new(),
            pass_use: String::new(),
            hold: String::new(),
            debtor: String::new(),
            pool: String::new(),
        };
        world.customer = world.register(app);
        world.record = hq.post("/records", &world.record_form()).created().text("/id");
        let deletion =
            json!({"scope": "record", "customer_id": world.customer, "record_id": world.record, "ground": "asked"});
        world.deletion = hq.post("/deletions", &deletion).created().text("/id");
        world.note();
        world.lending = hq.post("/lendings", &world.lending_form()).created().text("/id");
        world.agree();
        world.trade(app);
        world.owe(app);
        world.count_and_publish();
        world
    }

    /// A kind of vouchers, a batch of one, and one for the member.
    fn give_vouchers(&mut self) {
        let kind = self
            .hq
            .post("/voucher-kinds", &Self::voucher_kind_form(&self.store[24..]));
        self.voucher.kind = kind.created().text("/id");
        let batch = json!({"kind_id": self.voucher.kind, "quantity": 1});
        self.voucher.batch = self.hq.post("/voucher-batches", &batch).created().text("/id");
        let voucher = self.hq.post("/vouchers", &self.voucher_form()).created();
        self.voucher.id = voucher.text("/voucher/id");
    }

    /// 10.00 off.
    pub fn voucher_kind_form(code: &str) -> Value {
        let worth = json!({"kind": "amount", "amount": 10_00});
        json!({"code": code, "name": {"zh": "代金券", "en": "Voucher"}, "rules": {"worth": worth}})
    }

    /// A voucher for the member, given at the store.
    pub fn voucher_form(&self) -> Value {
        json!({"kind_id": self.voucher.kind, "membership_id": self.membership, "store_id": self.store})
    }

    fn register(&self, app: &TestApp) -> String {
        let form = self.customer_form(&app.next_phone());
        self.hq.post("/customers", &form).created().text("/id")
    }

    fn made(hq: &Actor, path: &str, form: &Value) -> String {
        hq.post(path, form).created().text("/id")
    }

    /// Nobody listens there.
    pub fn webhook_form() -> Value {
        json!({"name": "ERP", "url": "https://127.0.0.1:9/hook", "topics": ["region.changed"]})
    }

    /// A contract that somebody has to agree to.
    fn agree(&mut self) {
        let contract = self.hq.post("/contracts", &self.contract_form()).created().text("/id");
        let submitted = self.hq.post(&format!("/contracts/{contract}/submit"), &json!({})).ok();
        (self.contract, self.approval) = (contract, submitted.text("/approval_id"));
    }

    /// Another system hears of the region's new name.
    fn tell(&mut self) {
        let made = self.hq.post("/webhook-endpoints", &Self::webhook_form()).created();
        self.webhook = made.text("/endpoint/id");
        let region = format!("/regions/{}", self.region);
        self.hq.patch(&region, "\"1\"", &json!({"name": "told"})).ok();
        let path = format!("/webhook-endpoints/{}/deliveries", self.webhook);
        let found = || self.hq.get(&path).ok().list("/items").pop();
        super::messages::until(|| found().is_some());
        self.delivery = found().expect("a delivery").text("/id");
    }

    /// The customer is told of the loss.
    fn lose_and_find_the_card(&mut self) {
        let loss = json!({"reason": "x", "caller_verified": true, "questions": ["birthday"]});
        self.hq.post(&format!("/cards/{}/report-loss", self.card), &loss).ok();
        let found = json!({"reason": "x", "identity_checked": true});
        self.hq.post(&format!("/cards/{}/cancel-loss", self.card), &found).ok();
        let told = self.hq.get(&format!("/messages?customer_id={}", self.customer)).ok();
        self.message = told.text("/items/0/id");
    }

    /// A stock-take of originals, terms, and an event.
    fn count_and_publish(&mut self) {
        let take = self.hq.post("/stock-takes", &json!({"store_id": self.store}));
        self.stock_take = take.created().text("/id");
        self.give_vouchers();
        self.terms = self.published();
        self.stock_cards();
        let pool = super::pools::pool_form(&self.membership, &self.store);
        self.pool = self.hq.post("/pools", &pool).created().text("/id");
        self.tell();
        self.promote(&self.store.clone());
    }

    /// A campaign for nobody, a tag and a segment.
    fn promote(&mut self, store: &str) {
        let code = format!("c{}", &self.staff[24..]);
        let campaign = Self::campaign_form(&self.program, &code, store);
        let segment = json!({"name": code, "rules": {"join": "all", "groups": []}});
        let made = |list: &str, body: &Value| self.hq.post(list, body).created().text("/id");
        self.marketing = Marketing {
            campaign: made("/campaigns", &campaign),
            tag: made("/tags", &json!({ "name": code })),
            segment: made("/segments", &segment),
        };
    }

    /// Over since long ago.
    pub fn campaign_form(program: &str, code: &str, store: &str) -> Value {
        json!({
            "program_id": program, "code": code, "name": {"zh": "过去", "en": "Past"},
            "rules": {
                "window": "DTSTART:20200101T000000\nDURATION:P1D", "stores": [store], "effect": "per_bill", "amount": 1,
            },
        })
    }

    /// Blank cards, a parcel of them on its way to the store, and a count.
    fn stock_cards(&mut self) {
        self.blanks.batch = self
            .hq
            .post("/card-batches", &self.card_batch_form())
            .created()
            .text("/id");
        let numbers = format!("/card-batches/{}/numbers?format=json", self.blanks.batch);
        self.blanks.number = self.hq.get(&numbers).ok().text("/0/number");
        let at_hq = json!({"program_id": self.program, "kind": "customer", "quantity": 1, "name": "x"});
        let at_hq = self.hq.post("/card-batches", &at_hq).created().text("/id");
        let parcel = json!({"to_store_id": self.store, "lines": [{"batch_id": at_hq, "count": 1}]});
        self.blanks.transfer = self.hq.post("/card-transfers", &parcel).created().text("/id");
        let count = self.hq.post("/card-counts", &json!({"store_id": self.store})).created();
        self.blanks.count = count.text("/id");
    }

    /// Blank cards in the store's stock.
    pub fn card_batch_form(&self) -> Value {
        json!({
            "program_id": self.program, "kind": "customer", "store_id": self.store, "quantity": 50, "name": "x",
        })
    }

    /// The latest version of the chain's terms of membership.
    fn published(&self) -> String {
        let listed = self.hq.get("/terms?kind=membership").ok().list("/items");
        let terms = json!({"kind": "membership", "follows": listed.len(), "texts": {"en": "x"}});
        self.hq.post("/terms", &terms).created().text("/id")
    }

    /// A sale, a card, and a reward for its points.
    fn trade(&mut self, app: &TestApp) {
        let sale = self.purchase(app);
        self.sale = self
            .hq
            .request("POST", "/sales")
            .key(&fresh_key())
            .json(&sale)
            .send()
            .created()
            .text("/id");
        let card = json!({
            "program_id": self.program, "customer_id": self.customer, "store_id": self.store, "kind": "customer",
        });
        let member = Member::from_card(&self.customer, &self.hq.post("/cards", &card).created());
        (self.membership, self.card, self.number) = (member.membership, member.card, member.number);
        let exchange = json!({
            "card": self.number, "store_id": self.store, "till": "T1", "receipt": app.next_receipt(),
            "reward_id": self.reward,
        });
        self.redemption = self.hq.post("/redemptions", &exchange).created().text("/id");
        self.lose_and_find_the_card();
        self.pay_in_advance(app);
    }

    /// Points set aside, and somebody else who brings back what the points were spent of.
    fn owe(&mut self, app: &TestApp) {
        let set_aside = json!({
            "membership_id": self.membership, "amount": 1, "minutes": 10_080, "purpose": "x", "store_id": self.store,
        });
        self.hold = self.hq.post("/holds", &set_aside).created().text("/id");
        let customer = self.register(app);
        let mut purchase = self.purchase(app);
        purchase["member"]["customer_id"] = json!(customer);
        let sale = self.hq.post("/sales", &purchase).created().text("/id");
        let card = json!({
            "program_id": self.program, "customer_id": customer, "store_id": self.store, "kind": "customer",
        });
        let other = Member::from_card(&customer, &self.hq.post("/cards", &card).created());
        let exchange = json!({
            "card": other.number, "store_id": self.store, "till": "T1", "receipt": app.next_receipt(),
            "reward_id": self.reward,
        });
        self.hq.post("/redemptions", &exchange).created();
        let back = json!({
            "store_id": self.store, "source": "till", "till": "T1", "receipt": app.next_receipt(),
            "occurred_at": time::instant(&app.now()), "lines": [{"line": 1, "quantity": 1000}], "reason": "x",
        });
        self.hq.post(&format!("/sales/{sale}/returns"), &back).created();
        self.debtor = other.membership;
    }

    /// A top-up, a pass, and a session of it.
    fn pay_in_advance(&mut self, app: &TestApp) {
        let versions = self.hq.get(&format!("/programs/{}/configurations", self.program)).ok();
        let newest = versions
            .list("/items")
            .into_iter()
            .max_by_key(|one| one.int("/version"));
        let newest = newest.expect("a configuration");
        let mut points = newest["points"].clone();
        points["value"] = json!({"draw": "pro_rata"});
        let with_value = json!({
            "effective_from": null, "plugin_config": newest["plugin_config"], "ladder": newest["ladder"],
            "points": points,
        });
        let path = format!("/programs/{}/configurations", self.program);
        self.hq.post(&path, &with_value).created();
        let customer = self.hq.get(&format!("/customers/{}", self.customer));
        let document = json!({"identity_kind": "passport", "identity_number": format!("P{}", &app.next_phone()[3..])});
        let version = customer.header("etag").expect("a version").to_owned();
        let path = format!("/customers/{}", self.customer);
        self.hq.patch(&path, &version, &document).ok();
        let paid_in = json!({
            "card": self.number, "store_id": self.store, "till": "T1", "receipt": app.next_receipt(), "amount": 100_00,
            "tenders": [{"kind": "cash", "amount": 100_00}],
        });
        self.top_up = self.hq.post("/top-ups", &paid_in).created().text("/id");
        let mut pass = self.pass_form();
        pass["store_id"] = json!(self.store);
        pass["till"] = json!("T1");
        pass["receipt"] = json!(app.next_receipt());
        pass["occurred_at"] = json!(time::instant(&app.now()));
        self.pass = self.hq.post("/passes", &pass).created().text("/sale/id");
        let used = json!({
            "store_id": self.store, "till": "T1", "receipt": app.next_receipt(), "therapist_id": self.consultant,
            "confirmation": {"signed": true},
        });
        let path = format!("/passes/{}/uses", self.pass);
        self.pass_use = self.hq.post(&path, &used).created().text("/id");
    }

    /// Ten sessions, without the receipt.
    pub fn pass_form(&self) -> Value {
        json!({
            "member": {"customer_id": self.customer}, "service": "facial", "name": "x", "category": "treatment",
            "sessions": 10, "price": 1000_00, "list_price": 150_00, "valid_through": null,
            "tenders": [{"kind": "cash", "amount": 1000_00}],
        })
    }

    /// What a consultant has written and is to do.
    fn note(&mut self) {
        let entry = json!({"category": "promise", "description": "x"});
        let journal = format!("/customers/{}/journal", self.customer);
        self.entry = self.hq.post(&journal, &entry).created().text("/id");
        let report = json!({"kind": "major_change", "report": "x"});
        let warnings = format!("/customers/{}/warnings", self.customer);
        self.warning = self.hq.post(&warnings, &report).created().text("/id");
        let task = json!({"customer_id": self.customer, "title": "x", "due_on": "2026-03-01"});
        self.task = self.hq.post("/tasks", &task).created().text("/id");
        self.handover = self.hq.post("/handovers", &self.handover_form()).created().text("/id");
        let file = super::files::attach(&self.hq, &self.customer, "", &fresh_key(), b"%PDF-1.7 a");
        self.file = file.created().text("/id");
        let forms = format!("/customers/{}/forms", self.customer);
        let form = self.hq.post(&forms, &json!({"groups": ["contact"]})).created();
        self.form = form.text("/form/id");
    }

    /// A complete register form.
    pub fn customer_form(&self, phone: &str) -> Value {
        json!({
            "name": "王芳", "form_of_address": "ms", "phones": [phone], "birthday": "1990-05-20",
            "store_id": self.store, "consultant_id": self.consultant, "introducer_customer_id": null,
            "consent": {"marketing": true, "privacy": true},
        })
    }

    /// A type of records with a board.
    pub fn record_type_form(code: &str) -> Value {
        let name = json!({"zh": "机器", "en": "Machine"});
        let choices = ["new", "done"].map(|code| json!({"code": code, "label": name}));
        json!({
            "code": code, "name": name, "board_field": "state",
            "fields": [{"name": "state", "label": name, "kind": "choice", "choices": choices}],
        })
    }

    /// A record about the customer.
    pub fn record_form(&self) -> Value {
        json!({"type_id": self.record_type, "customer_id": self.customer, "values": {"state": "new"}})
    }

    /// A type of contracts that wants nothing.
    pub fn contract_type_form(code: &str) -> Value {
        json!({
            "code": code, "name": {"zh": "合同", "en": "Contract"}, "category": "HT",
        })
    }

    /// A template of one sentence.
    pub fn template_change() -> Value {
        let text = json!({"zh": "x", "en": "x"});
        json!({"template": {"title": text, "clauses": [{"body": text}], "annexes": []}})
    }

    /// A contract with the customer.
    pub fn contract_form(&self) -> Value {
        json!({"type_id": self.contract_type, "customer_id": self.customer, "content": {"title": "x"}})
    }

    /// From who has no customers.
    pub fn handover_form(&self) -> Value {
        json!({"from_staff_id": self.staff, "to_staff_id": self.consultant, "reason": "x"})
    }

    /// A paper that is away for long.
    pub fn lending_form(&self) -> Value {
        json!({"customer_id": self.customer, "what": "x", "due_on": "2026-12-24", "purpose": "checking"})
    }

    /// Enough for a card.
    fn purchase(&self, app: &TestApp) -> Value {
        json!({
            "store_id": self.store, "source": "till", "till": "T1", "receipt": app.next_receipt(),
            "occurred_at": time::instant(&app.now()), "member": {"customer_id": self.customer},
            "lines": [{
                "sku": "gift-box", "category": "gifts", "quantity": 1000, "amount": 1000_00, "list_amount": 1000_00,
                "discount": 0,
            }],
            "tenders": [{"kind": "cash", "amount": 1000_00}],
        })
    }

    pub fn last_four(&self) -> &str {
        &self.number[self.number.len() - 4..]
    }
}
