//! The prepaid rule pack of a jurisdiction, currency and date as data, and the one check of a top-up (D-CARD-11).

use crate::calendar::Day;
use crate::error::{Code, Refusal};
use crate::money::{Minor, Ppm, format_minor};

/// What a jurisdiction says about prepaid cards in its currency. Amounts in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrepaidRules {
    /// ISO 3166-1, two capitals.
    pub jurisdiction: &'static str,
    /// ISO 4217.
    pub currency: &'static str,
    /// The first day on which it holds.
    pub from: Day,
    /// Most principal and bonus of a named membership at any time.
    pub named_most: Minor,
    pub anonymous_most: Minor,
    /// How long an anonymous card's value is good at least, in months; a named one's never expires.
    pub anonymous_months: u32,
    /// From this much of anonymous cards at once, the buyer's identity is recorded.
    pub anonymous_identity_from: Minor,
    /// From this much at once, an organisation pays by bank transfer.
    pub organisation_transfer_from: Minor,
    pub person_transfer_from: Minor,
    /// How long identities are kept at least, in months.
    pub identity_months: u32,
    /// Share of last quarter's balance that is deposited, by class of issuer: 规模, 集团, 品牌.
    pub deposit_shares: [Ppm; 3],
}

/// Packs by jurisdiction and currency; a later one replaces the one before it from its first day on.
static PACKS: [PrepaidRules; 1] = [PrepaidRules {
    jurisdiction: "CN",
    currency: "CNY",
    // 1 November 2012, 单用途商业预付卡管理办法（试行）.
    from: Day(15_645),
    named_most: 5_000_00,
    anonymous_most: 1_000_00,
    anonymous_months: 36,
    anonymous_identity_from: 10_000_00,
    organisation_transfer_from: 5_000_00,
    person_transfer_from: 50_000_00,
    identity_months: 60,
    deposit_shares: [200_000, 300_000, 400_000],
}];

/// The pack that holds on a day; none where the law says nothing that is known here.
pub fn rules(jurisdiction: &str, currency: &str, on: Day) -> Option<&'static PrepaidRules> {
    let holds =
        |pack: &&PrepaidRules| pack.jurisdiction == jurisdiction && pack.currency == currency && pack.from <= on;
    PACKS.iter().filter(holds).max_by_key(|pack| pack.from)
}

named! {
/// Whether somebody stands behind a membership.
pub enum HolderKind {
    Named = "named",
    Anonymous = "anonymous",
}
}

named! {
/// Who pays for a top-up or a pass.
#[derive(Default)]
pub enum Payer {
    #[default]
    Person = "person",
    Organisation = "organisation",
}
}

/// A top-up as the rules look at it. Amounts in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopUpFacts {
    pub holder: HolderKind,
    /// Principal and bonus before it, spendable or not.
    pub before: Minor,
    pub paid: Minor,
    /// Bonus that comes with it.
    pub granted: Minor,
    /// What the payer pays at once, over all cards of the purchase; at least `paid`.
    pub at_once: Minor,
    pub payer: Payer,
    /// Whether a payer's identity is recorded with it.
    pub identified: bool,
    /// Whether all of it comes by bank transfer.
    pub transferred: bool,
    /// How long its value is good, in months; None: without end.
    pub good_months: Option<u32>,
}

/// Whether a top-up may be made. The first rule that it breaks refuses it: the limit, the identity, the bank transfer,
/// the validity.
///
/// # Errors
/// `prepaid_rule`, which names the rule, its figure, and what to do.
pub fn check_top_up(rules: &PrepaidRules, facts: &TopUpFacts, minor_units: u32) -> Result<(), Refusal> {
    let check = Check {
        rules,
        facts,
        minor_units,
    };
    check.limit()?;
    check.identity()?;
    check.transfer()?;
    check.validity()
}

/// Whether a membership may hold so much of principal and bonus at once, however it came to it.
///
/// # Errors
/// `prepaid_rule`
pub fn check_held(rules: &PrepaidRules, holder: HolderKind, held: Minor, minor_units: u32) -> Result<(), Refusal> {
    let most = match holder {
        HolderKind::Named => rules.named_most,
        HolderKind::Anonymous => rules.anonymous_most,
    };
    if held <= most {
        return Ok(());
    }
    let (limit, held_shown) = (format_minor(most, minor_units), format_minor(held, minor_units));
    let zh = format!(
        "单用途预付卡会籍的余额（本金与赠送合计）不得超过 {limit}，办理后将为 {held_shown}：请先消费或退还超出部分。"
    );
    let en = format!(
        "A membership may hold at most {limit} of principal and bonus, and would hold {held_shown}: let what is beyond it be \
         spent or paid back first."
    );
    Err(refused(zh, en, most).with(|told| told.available = Some(held)))
}

struct Check<'a> {
    rules: &'a PrepaidRules,
    facts: &'a TopUpFacts,
    minor_units: u32,
}

impl Check<'_> {
    fn show(&self, money: Minor) -> String {
        format_minor(money, self.minor_units)
    }

    fn limit(&self) -> Result<(), Refusal> {
        let facts = self.facts;
        let (most, zh, en) = match facts.holder {
            HolderKind::Named => (self.rules.named_most, "记名", "named"),
            HolderKind::Anonymous => (self.rules.anonymous_most, "不记名", "anonymous"),
        };
        let after = i128::from(facts.before) + i128::from(facts.paid) + i128::from(facts.granted);
        if after <= i128::from(most) {
            return Ok(());
        }
        let (limit, before) = (self.show(most), self.show(facts.before));
        let (paid, granted) = (self.show(facts.paid), self.show(facts.granted));
        let room = self.show((most - facts.before).max(0));
        let more = match facts.holder {
            HolderKind::Named => ("", ""),
            HolderKind::Anonymous => ("，或先办理实名登记", ", or register the holder's name first"),
        };
        let zh = format!(
            "单用途预付卡{zh}会籍的余额（本金与赠送合计）不得超过 {limit}：现有 {before}，本次充值 {paid}、赠送 {granted}。\
             请把充值与赠送合计减至 {room} 以内{}。",
            more.0
        );
        let en = format!(
            "A {en} membership may hold at most {limit} of principal and bonus: it holds {before}, this adds {paid} and \
             {granted} of bonus. Top up by at most {room}, bonus included{}.",
            more.1
        );
        Err(refused(zh, en, most).at("/amount").with(|told| {
            told.available = Some(facts.before);
        }))
    }

    fn identity(&self) -> Result<(), Refusal> {
        if self.facts.identified {
            return Ok(());
        }
        let from = self.rules.anonymous_identity_from;
        let (zh, en, from) = match self.facts.holder {
            HolderKind::Named => (
                "购买记名卡或为其充值须登记购卡人身份：请登记证件后再充值。".to_owned(),
                "Whoever buys or tops up a named card is recorded with an identity document: record it, then top up."
                    .to_owned(),
                0,
            ),
            HolderKind::Anonymous if self.facts.at_once >= from => {
                let (limit, now) = (self.show(from), self.show(self.facts.at_once));
                (
                    format!("一次购买不记名卡满 {limit}（本次 {now}）须登记购卡人身份：请登记证件后再充值。"),
                    format!(
                        "Whoever buys anonymous cards for {limit} or more at once (this is {now}) is recorded with an \
                         identity document: record it, then top up."
                    ),
                    from,
                )
            }
            HolderKind::Anonymous => return Ok(()),
        };
        Err(refused(zh, en, from).at("/identity"))
    }

    fn transfer(&self) -> Result<(), Refusal> {
        let (from, zh, en) = match self.facts.payer {
            Payer::Organisation => (self.rules.organisation_transfer_from, "单位", "An organisation"),
            Payer::Person => (self.rules.person_transfer_from, "个人", "A person"),
        };
        if self.facts.at_once < from || self.facts.transferred {
            return Ok(());
        }
        let (limit, now) = (self.show(from), self.show(self.facts.at_once));
        let zh = format!("{zh}一次购卡或充值满 {limit}（本次 {now}）须银行转账，不得使用现金：请改用银行转账付款。");
        let en = format!(
            "{en} who pays {limit} or more at once (this is {now}) pays by bank transfer: take it as a transfer instead."
        );
        Err(refused(zh, en, from).at("/tenders"))
    }

    fn validity(&self) -> Result<(), Refusal> {
        let Some(months) = self.facts.good_months else {
            return Ok(());
        };
        let (zh, en, least) = match self.facts.holder {
            HolderKind::Named => (
                "记名卡的储值不得设有效期：请由总部取消储值的有效期。".to_owned(),
                "Value of a named card never expires: head office has to remove its validity.".to_owned(),
                0,
            ),
            HolderKind::Anonymous if months < self.rules.anonymous_months => {
                let least = self.rules.anonymous_months;
                (
                    format!("不记名卡的有效期不得少于 {least} 个月（现为 {months} 个月）：请由总部延长。"),
                    format!(
                        "Value of an anonymous card is good for at least {least} months, it says {months}: head office has \
                         to lengthen it."
                    ),
                    i64::from(least),
                )
            }
            HolderKind::Anonymous => return Ok(()),
        };
        Err(refused(zh, en, least).at("/validity"))
    }
}

fn refused(zh: String, en: String, limit: i64) -> Refusal {
    Refusal::new(Code::PrepaidRule, zh, en).with(|facts| facts.limit = Some(limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cn() -> &'static PrepaidRules {
        rules("CN", "CNY", Day::from_ymd(2026, 7, 1).unwrap()).unwrap()
    }

    const NAMED: TopUpFacts = TopUpFacts {
        holder: HolderKind::Named,
        before: 0,
        paid: 500_00,
        granted: 100_00,
        at_once: 500_00,
        payer: Payer::Person,
        identified: true,
        transferred: false,
        good_months: None,
    };
    const ANONYMOUS: TopUpFacts = TopUpFacts {
        holder: HolderKind::Anonymous,
        identified: false,
        ..NAMED
    };

    fn check(facts: TopUpFacts) -> Result<(), (String, Option<i64>)> {
        check_top_up(cn(), &facts, 2).map_err(|refusal| {
            assert_eq!(refusal.code, Code::PrepaidRule);
            assert!(!refusal.detail.zh.is_empty() && !refusal.detail.en.is_empty());
            (refusal.pointer.unwrap_or_default(), refusal.facts.limit)
        })
    }

    fn at(pointer: &str, limit: i64) -> Result<(), (String, Option<i64>)> {
        Err((pointer.to_owned(), Some(limit)))
    }

    #[test]
    fn d_card_11_the_pack_is_chinas_in_its_currency_from_its_first_day_on() {
        assert_eq!(cn().from, Day::from_ymd(2012, 11, 1).unwrap());
        let day = |y| Day::from_ymd(y, 1, 1).unwrap();
        assert_eq!(rules("CN", "CNY", day(2012)), None);
        assert_eq!(rules("CN", "HKD", day(2026)), None);
        assert_eq!(rules("HK", "CNY", day(2026)), None);
    }

    #[test]
    fn d_card_11_principal_and_bonus_stay_within_the_limit() {
        let named = |before, paid, granted| {
            check(TopUpFacts {
                before,
                paid,
                granted,
                at_once: paid,
                ..NAMED
            })
        };
        assert_eq!(named(0, 5_000_00, 0), Ok(()));
        assert_eq!(named(0, 4_900_00, 100_01), at("/amount", 5_000_00));
        assert_eq!(named(4_400_00, 500_00, 100_00), Ok(()));
        assert_eq!(named(4_400_01, 500_00, 100_00), at("/amount", 5_000_00));
        assert_eq!(named(i64::MAX, 1, i64::MAX), at("/amount", 5_000_00));
        let anonymous = |before, paid| {
            check(TopUpFacts {
                before,
                paid,
                granted: 0,
                at_once: paid,
                ..ANONYMOUS
            })
        };
        assert_eq!(anonymous(0, 1_000_00), Ok(()));
        assert_eq!(anonymous(1, 1_000_00), at("/amount", 1_000_00));
    }

    #[test]
    fn d_card_11_the_refusal_says_how_much_is_left() {
        let refusal = check_top_up(
            cn(),
            &TopUpFacts {
                before: 4_500_00,
                ..NAMED
            },
            2,
        )
        .unwrap_err();
        assert_eq!(
            refusal.detail.zh,
            "单用途预付卡记名会籍的余额（本金与赠送合计）不得超过 5000.00：现有 4500.00，本次充值 500.00、赠送 100.00。\
             请把充值与赠送合计减至 500.00 以内。"
        );
        assert!(refusal.detail.en.contains("at most 500.00"), "{}", refusal.detail.en);
    }

    #[test]
    fn d_card_11_the_payers_identity_is_recorded() {
        let without = TopUpFacts {
            identified: false,
            ..NAMED
        };
        assert_eq!(check(without), at("/identity", 0));
        assert_eq!(check(ANONYMOUS), Ok(()));
        let many = |at_once, identified| {
            check(TopUpFacts {
                at_once,
                identified,
                ..ANONYMOUS
            })
        };
        assert_eq!(many(9_999_99, false), Ok(()));
        assert_eq!(many(10_000_00, false), at("/identity", 10_000_00));
        assert_eq!(many(10_000_00, true), Ok(()));
    }

    #[test]
    fn d_card_11_large_sums_come_by_bank_transfer() {
        let paying = |payer, at_once, transferred| {
            check(TopUpFacts {
                payer,
                at_once,
                transferred,
                ..NAMED
            })
        };
        assert_eq!(paying(Payer::Organisation, 4_999_99, false), Ok(()));
        assert_eq!(paying(Payer::Organisation, 5_000_00, false), at("/tenders", 5_000_00));
        assert_eq!(paying(Payer::Organisation, 5_000_00, true), Ok(()));
        assert_eq!(paying(Payer::Person, 49_999_99, false), Ok(()));
        assert_eq!(paying(Payer::Person, 50_000_00, false), at("/tenders", 50_000_00));
        assert_eq!(paying(Payer::Person, 50_000_00, true), Ok(()));
    }

    #[test]
    fn d_card_11_named_value_never_expires_and_anonymous_not_before_three_years() {
        let good = |facts: TopUpFacts, months| {
            check(TopUpFacts {
                good_months: Some(months),
                ..facts
            })
        };
        assert_eq!(good(NAMED, 1_200), at("/validity", 0));
        assert_eq!(good(ANONYMOUS, 35), at("/validity", 36));
        assert_eq!(good(ANONYMOUS, 36), Ok(()));
    }
}
