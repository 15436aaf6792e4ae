//! A segment as SQL: one condition on a customer `c`. Each part is answered by an index of its own.

use crate::archive::birthday_keys;
use crate::identity::StoreScope;
use crate::keys::{ChainKeys, IndexKind};
use crate::store::Id;
use crate::store::statement::Bind;
use cardea_domain::Day;
use cardea_domain::id::{ChainId, CustomerId};
use cardea_domain::segment::{Join, SegmentCondition, SegmentField, SegmentRules, SegmentTest};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A part of a statement with its values.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    chain: ChainId,
    pub sql: String,
    pub binds: Vec<Bind<'static>>,
}

/// Days that lie before and after every purchase.
const NEVER: [i32; 2] = [i32::MAX, i32::MIN];

impl Filter {
    /// Customers of a chain, those of some stores alone: nobody who was merged or erased.
    pub fn of(chain: ChainId, scope: &StoreScope) -> Self {
        let mut filter = Self {
            chain,
            sql: "c.merged_into IS NULL AND c.data_key IS NOT NULL".to_owned(),
            binds: Vec::new(),
        };
        if let StoreScope::Only(stores) = scope {
            // Nobody's of no store.
            let stores: Vec<Bind> = stores.iter().map(|store| (*store).into()).collect();
            filter.sql.push_str(" AND ");
            filter.listed("c.store_id IN ", stores);
        }
        filter
    }

    /// Only this customer.
    pub fn only(mut self, customer: CustomerId) -> Self {
        self.sql.push_str(" AND c.id = ?");
        self.binds.push(customer.into());
        self
    }

    /// Only who agreed to promotions.
    pub fn consenting(mut self) -> Self {
        self.sql.push_str(" AND c.consent_marketing");
        self
    }

    /// Only whom a segment means. `today` is the chain's.
    pub fn meaning(mut self, rules: &SegmentRules, keys: &ChainKeys, today: Day) -> Self {
        if rules.groups.is_empty() {
            return self;
        }
        self.sql.push_str(" AND ");
        self.joined(rules.join, rules.groups.len(), |filter, i| {
            let group = &rules.groups[i];
            filter.joined(group.join, group.conditions.len(), |filter, j| {
                filter.condition(&group.conditions[j], keys, today);
            });
        });
        self
    }

    fn joined(&mut self, join: Join, parts: usize, mut part: impl FnMut(&mut Self, usize)) {
        self.sql.push_str(if join == Join::None { "NOT (" } else { "(" });
        for i in 0..parts {
            if i > 0 {
                self.sql.push_str(if join == Join::All { " AND " } else { " OR " });
            }
            part(self, i);
        }
        self.sql.push(')');
    }

    /// `before (?, ?, …)`; what nothing is in where there are no values.
    fn listed(&mut self, before: &str, values: Vec<Bind<'static>>) {
        if values.is_empty() {
            self.sql.push_str("1 = 0");
            return;
        }
        self.sql.push_str(before);
        self.sql.push('(');
        self.sql.push_str(&vec!["?"; values.len()].join(", "));
        self.sql.push(')');
        self.binds.extend(values);
    }

    fn condition(&mut self, condition: &SegmentCondition, keys: &ChainKeys, today: Day) {
        let amount = condition.amount.unwrap_or_default();
        match condition.field {
            SegmentField::Age => return self.age(condition.test, amount, keys, today),
            SegmentField::Paid => return self.measured("paid", condition, today),
            SegmentField::Visits => return self.measured("visits", condition, today),
            SegmentField::LastVisit => return self.last_visit(condition.test, amount, today),
            SegmentField::Points => {
                self.sql.push_str(
                    "(SELECT COALESCE(SUM(a.balance), 0) FROM memberships m JOIN accounts a ON a.chain_id = m.chain_id \
                     AND a.membership_id = m.id AND a.asset = 'points' \
                     WHERE m.chain_id = c.chain_id AND m.customer_id = c.id) ",
                );
                return self.compared(condition.test, amount);
            }
            _ => {}
        }
        self.sql.push_str(if condition.test == SegmentTest::NotIn {
            "NOT ("
        } else {
            "("
        });
        self.choice(condition, keys, today);
        self.sql.push(')');
    }

    fn choice(&mut self, condition: &SegmentCondition, keys: &ChainKeys, today: Day) {
        let values = &condition.values;
        let ids = || {
            values
                .iter()
                .filter_map(|id| id.parse::<Uuid>().ok())
                .map(Bind::Id)
                .collect()
        };
        let texts = || values.iter().cloned().map(Bind::Owned).collect();
        match condition.field {
            SegmentField::Store => self.listed("c.store_id IN ", ids()),
            SegmentField::Consultant => self.listed("c.consultant_id IS NOT NULL AND c.consultant_id IN ", ids()),
            SegmentField::FormOfAddress => self.listed("c.form_of_address IN ", texts()),
            SegmentField::Consent => {
                let flags = values.iter().map(|value| Bind::Bool(value == "yes")).collect();
                self.listed("c.consent_marketing IN ", flags);
            }
            SegmentField::Class => {
                for (i, (dimension, class)) in values.iter().filter_map(|value| value.split_once('-')).enumerate() {
                    self.sql.push_str(if i > 0 { " OR " } else { "" });
                    self.sql.push_str(
                        "EXISTS (SELECT 1 FROM customer_classes x WHERE x.chain_id = c.chain_id \
                         AND x.customer_id = c.id AND x.dimension = ? AND x.class = ?)",
                    );
                    self.binds
                        .extend([Bind::Owned(dimension.to_owned()), Bind::Owned(class.to_owned())]);
                }
            }
            SegmentField::BirthdayMonth => {
                let months: Vec<u32> = values.iter().filter_map(|month| month.parse().ok()).collect();
                self.indexed(IndexKind::BirthMd, &kept_in(&months, today), keys);
            }
            SegmentField::Tier => self.member("m.tier IN ", texts()),
            SegmentField::Program => self.member("m.program_id IN ", ids()),
            SegmentField::Tag => {
                self.sql.push_str(
                    "EXISTS (SELECT 1 FROM customer_tags t WHERE t.chain_id = c.chain_id AND t.customer_id = c.id AND ",
                );
                self.listed("t.tag_id IN ", ids());
                self.sql.push(')');
            }
            _ => self.sql.push_str("1 = 0"),
        }
    }

    /// Has an open membership of which this holds.
    fn member(&mut self, what: &str, values: Vec<Bind<'static>>) {
        self.sql.push_str(
            "EXISTS (SELECT 1 FROM memberships m WHERE m.chain_id = c.chain_id AND m.customer_id = c.id AND m.open AND ",
        );
        self.listed(what, values);
        self.sql.push(')');
    }

    /// Is found under one of these keys of a blind index.
    fn indexed(&mut self, kind: IndexKind, values: &BTreeSet<String>, keys: &ChainKeys) {
        let digests = values
            .iter()
            .map(|value| Bind::Hash(keys.digest(kind, value)))
            .collect();
        self.sql
            .push_str("c.id IN (SELECT x.customer_id FROM customer_indexes x WHERE x.chain_id = ? AND x.kind = ? AND ");
        self.binds.extend([self.chain.into(), Bind::Text(kind.as_str())]);
        self.listed("x.digest IN ", digests);
        self.sql.push(')');
    }

    /// By the year of birth: who reaches the age this year, or a higher one; or a lower one.
    fn age(&mut self, test: SegmentTest, amount: i64, keys: &ChainKeys, today: Day) {
        let year = |age: i64| i64::from(today.year()) - age;
        let years = match test {
            SegmentTest::AtLeast => year(150)..=year(amount),
            _ => year(amount - 1)..=year(0),
        };
        self.sql.push('(');
        self.indexed(
            IndexKind::BirthYear,
            &years.map(|year| year.to_string()).collect(),
            keys,
        );
        self.sql.push(')');
    }

    fn measured(&mut self, measure: &'static str, condition: &SegmentCondition, today: Day) {
        self.sql.push_str(
            "(SELECT COALESCE(SUM(x.amount), 0) FROM memberships m JOIN measures x ON x.chain_id = m.chain_id \
             AND x.membership_id = m.id AND x.measure = ? AND x.day >= ? \
             WHERE m.chain_id = c.chain_id AND m.customer_id = c.id) ",
        );
        let since = today.months_earlier(condition.months.unwrap_or(1)).unwrap_or(Day(0));
        self.binds.extend([Bind::Text(measure), Bind::from(since)]);
        self.compared(condition.test, condition.amount.unwrap_or_default());
    }

    /// Who never bought anything bought neither lately nor long ago.
    fn last_visit(&mut self, test: SegmentTest, days: i64, today: Day) {
        let day = i64::from(today.0)
            .saturating_sub(days)
            .clamp(i64::from(i32::MIN) + 1, i64::from(i32::MAX) - 1) as i32;
        let (never, compare) = match test {
            SegmentTest::AtLeast => (NEVER[0], "<= ?"),
            _ => (NEVER[1], "> ?"),
        };
        self.sql.push_str(
            "COALESCE((SELECT MAX(x.day) FROM memberships m JOIN measures x ON x.chain_id = m.chain_id \
             AND x.membership_id = m.id AND x.measure = 'visits' \
             WHERE m.chain_id = c.chain_id AND m.customer_id = c.id), ?) ",
        );
        self.sql.push_str(compare);
        self.binds.extend([Bind::Small(never), Bind::Small(day)]);
    }

    fn compared(&mut self, test: SegmentTest, amount: i64) {
        self.sql
            .push_str(if test == SegmentTest::AtLeast { ">= ?" } else { "< ?" });
        self.binds.push(Bind::Int(amount));
    }
}

/// Under which keys birthdays are found that are kept in these months of this year, by whichever calendar.
fn kept_in(months: &[u32], today: Day) -> BTreeSet<String> {
    let first = Day::from_ymd(today.year(), 1, 1).unwrap_or(today);
    let days = (0..366).filter_map(|n| first.plus_days(n));
    let meant = days.filter(|day| day.year() == today.year() && months.contains(&day.month()));
    meant.flat_map(birthday_keys).collect()
}

/// A whole query: the ids of whom it means after one, in their order.
pub(super) fn page(filter: &Filter, after: Id, limit: i64) -> Filter {
    let (chain, sql) = (filter.chain, &filter.sql);
    let mut binds = vec![chain.into()];
    binds.extend(filter.binds.iter().cloned());
    binds.extend([Bind::Id(after.0), Bind::Int(limit)]);
    Filter {
        chain,
        sql: format!("SELECT c.id FROM customers c WHERE c.chain_id = ? AND {sql} AND c.id > ? ORDER BY c.id LIMIT ?"),
        binds,
    }
}

/// How many there are, and how many of them agreed to promotions.
pub(super) fn count(filter: &Filter) -> Filter {
    let (chain, sql) = (filter.chain, &filter.sql);
    let mut binds = vec![chain.into()];
    binds.extend(filter.binds.iter().cloned());
    Filter {
        chain,
        sql: format!(
            "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN c.consent_marketing THEN 1 ELSE 0 END), 0) AS BIGINT) \
             FROM customers c WHERE c.chain_id = ? AND {sql}"
        ),
        binds,
    }
}
