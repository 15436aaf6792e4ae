//! Paying a bill with points: exact, in clean steps, within the share (semantics.md, Redemption).

use super::bill::field;
use super::kept::gcd64;
use super::{Bill, Context, PointsTender, TenderKind, Terms};
use crate::error::{FieldError, Refusal};
use crate::ledger::insufficient;
use crate::money::{LIMIT, Minor, ONE, Points, format_minor, mul_div};
use crate::prepaid;

/// Points to take for a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spend {
    pub points: Points,
    pub money: Minor,
}

impl Terms {
    /// Everything wrong with them, with pointers below the points settings.
    pub fn validate(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut check = |right: bool, pointer: &str, detail: &str| {
            if !right {
                errors.push(FieldError {
                    pointer: pointer.to_owned(),
                    detail: detail.to_owned(),
                });
            }
        };
        check(self.maturing_days <= 90, "/maturing_days", "must be 0 to 90");
        if let Some(tender) = &self.tender {
            check(
                (1..=LIMIT).contains(&tender.points),
                "/tender/points",
                "must be at least 1",
            );
            check(
                (1..=LIMIT).contains(&tender.money),
                "/tender/money",
                "must be at least 1 minor unit",
            );
            check((1..=LIMIT).contains(&tender.step), "/tender/step", "must be at least 1");
            check(
                (0..=LIMIT).contains(&tender.minimum),
                "/tender/minimum",
                "must be 0 or more",
            );
            check(
                (0..=ONE).contains(&tender.max_share),
                "/tender/max_share_ppm",
                "must be 0 to 1 000 000 parts per million",
            );
        }
        if let Some(value) = &self.value {
            let months = value.anonymous_months.is_none_or(|months| (1..=1200).contains(&months));
            check(months, "/value/anonymous_months", "must be 1 to 1200");
            errors.extend(
                prepaid::offers_faults(&value.offers)
                    .into_iter()
                    .map(|fault| FieldError {
                        pointer: format!("/value/offers{}", fault.pointer),
                        ..fault
                    }),
            );
        }
        if let Some(wrong) = self.expiry.as_ref().and_then(|expiry| expiry.validate()) {
            errors.push(FieldError {
                pointer: format!("/expiry{}", wrong.pointer),
                ..wrong
            });
        }
        errors.extend(super::kinds::validate(&self.kinds));
        errors.extend(super::confirmation::validate(&self.requirements));
        if let Some(wrong) = self.renewal.as_ref().and_then(|renewal| renewal.validate()) {
            errors.push(FieldError {
                pointer: format!("/renewal{}", wrong.pointer),
                ..wrong
            });
        }
        errors
    }
}

impl PointsTender {
    /// The points that `money` stands for, if it is a whole multiple of the step.
    pub fn points_for(&self, money: Minor) -> Option<Points> {
        let product = i128::from(money) * i128::from(self.points);
        let unit = i128::from(self.money);
        let points = (unit > 0 && product % unit == 0).then(|| product / unit)?;
        (self.step > 0 && points % i128::from(self.step) == 0).then(|| i64::try_from(points).ok())?
    }

    /// The most that can be paid cleanly without going beyond `money` or below the minimum: points, and the money they
    /// stand for; nothing where that isn't possible.
    pub fn clean_below(&self, money: Minor) -> (Points, Minor) {
        let Some(unit) = self.unit() else { return (0, 0) };
        let Some(raw) = mul_div(money, self.points, self.money) else {
            return (0, 0);
        };
        let points = raw - raw % unit;
        if points < self.minimum {
            return (0, 0);
        }
        (points, self.money_of(points))
    }

    /// The least that can be paid: the minimum, up to a whole step; and the money it stands for.
    pub fn clean_least(&self) -> (Points, Minor) {
        let Some(unit) = self.unit() else { return (0, 0) };
        let points = mul_div(self.minimum.saturating_add(unit - 1) / unit, unit, 1).unwrap_or(LIMIT);
        (points, self.money_of(points))
    }

    /// Points come in multiples of the step, and their money in whole minor units.
    fn unit(&self) -> Option<Points> {
        if self.points < 1 || self.money < 1 || self.step < 1 {
            return None;
        }
        let whole = self.points / gcd64(self.points, self.money);
        mul_div(self.step / gcd64(self.step, whole), whole, 1)
    }

    fn money_of(&self, points: Points) -> Minor {
        mul_div(points, self.money, self.points).unwrap_or(0)
    }
}

/// The points that the bill's points tender takes of the `available` ones, a pool's among them; none without one.
///
/// # Errors
/// `field_invalid` for one that can't be paid so, `insufficient_points`, both with what is possible.
pub fn points_wanted(bill: &Bill, available: Points, context: &Context) -> Result<Option<Points>, Refusal> {
    Ok(plan(bill, available, context)?.map(|spend| spend.points))
}

/// The points that the bill's points tender takes of the `available` ones; none without one.
///
/// # Errors
/// `field_invalid` where it can't be converted exactly, or is beyond its share or below the minimum, naming what can be
/// paid instead; `insufficient_points`.
pub(super) fn plan(bill: &Bill, available: Points, context: &Context) -> Result<Option<Spend>, Refusal> {
    let mut tenders = bill.tenders.iter().enumerate();
    let Some((i, tender)) = tenders.find(|(_, tender)| tender.kind == TenderKind::Points && tender.amount > 0) else {
        return Ok(None);
    };
    let Some(terms) = &context.terms.tender else {
        let zh = "本计划不能用积分付款，请改用其他付款方式";
        return Err(field(
            format!("/tenders/{i}/kind"),
            zh,
            "must be money: the program doesn't take points as payment",
        ));
    };
    let refusing = Refusing {
        terms,
        minor_units: context.minor_units,
        pointer: format!("/tenders/{i}/amount"),
        most: mul_div(bill.total(), terms.max_share, ONE)
            .unwrap_or(0)
            .min(terms.money_of(available.max(0))),
    };
    let share = mul_div(bill.total(), terms.max_share, ONE).unwrap_or(0);
    if tender.amount > share {
        return Err(refusing.beyond(share));
    }
    if tender.amount < terms.money_of(terms.minimum) {
        return Err(refusing.below());
    }
    let Some(points) = terms.points_for(tender.amount) else {
        return Err(refusing.unclean(tender.amount));
    };
    if available < points {
        return Err(refusing.with_offer(insufficient(available, points), refusing.most));
    }
    Ok(Some(Spend {
        points,
        money: tender.amount,
    }))
}

/// What refuses a tender says what is possible.
struct Refusing<'a> {
    terms: &'a PointsTender,
    minor_units: u32,
    pointer: String,
    /// The most that the bill and the member's points allow.
    most: Minor,
}

impl Refusing<'_> {
    fn show(&self, money: Minor) -> String {
        format_minor(money, self.minor_units)
    }

    fn beyond(&self, share: Minor) -> Refusal {
        let ((zh, en), share) = (self.offer(share), self.show(share));
        let refusal = field(
            self.pointer.clone(),
            &format!("积分最多抵付{share}，{zh}"),
            &format!("is more than the {share} that points may pay of this bill; {en}"),
        );
        self.with_offer(refusal, self.most)
    }

    fn below(&self) -> Refusal {
        let (points, money) = self.terms.clean_least();
        let shown = self.show(money);
        let refusal = field(
            self.pointer.clone(),
            &format!("积分付款至少{shown}（{points}分）"),
            &format!("is less than the {shown} ({points} points) that must be paid with points at least"),
        );
        let refusal = refusal.with(|facts| {
            facts.minimum_points = Some(points);
            facts.minimum_amount = Some(money);
        });
        self.with_offer(refusal, self.most)
    }

    fn unclean(&self, asked: Minor) -> Refusal {
        let ((zh, en), money) = (self.offer(asked), self.show(asked));
        let refusal = field(
            self.pointer.clone(),
            &format!("{money}不是积分的整档，{zh}"),
            &format!("({money}) isn't a whole step of points; {en}"),
        );
        self.with_offer(refusal, asked.min(self.most))
    }

    fn offer(&self, most: Minor) -> (String, String) {
        match self.terms.clean_below(most.min(self.most)) {
            (0, _) => (
                "本单不能用积分付款".to_owned(),
                "this bill can't be paid with points".to_owned(),
            ),
            (points, money) => (
                format!("可改为{}（{points}分）", self.show(money)),
                format!("{} ({points} points) is possible", self.show(money)),
            ),
        }
    }

    /// What is possible instead, for tills to apply.
    fn with_offer(&self, refusal: Refusal, most: Minor) -> Refusal {
        let (points, money) = self.terms.clean_below(most);
        refusal.with(|facts| {
            facts.possible_points = Some(points);
            facts.possible_amount = Some(money);
        })
    }
}

/// A tender of points or stored value on a bill of nobody.
pub(super) fn nobody(bill: &Bill) -> Result<(), Refusal> {
    let points = bill
        .tenders
        .iter()
        .position(|tender| tender.kind == TenderKind::Points && tender.amount > 0);
    let value = bill
        .tenders
        .iter()
        .position(|tender| tender.kind == TenderKind::Value || tender.kind.value_asset().is_some());
    if let Some(i) = value {
        let (zh, en) = (
            "无会员的账单不能用储值付款",
            "must be money: without a member nothing is stored",
        );
        return Err(field(format!("/tenders/{i}/kind"), zh, en));
    }
    points.map_or(Ok(()), |i| {
        let zh = "无会员的账单不能用积分付款";
        Err(field(
            format!("/tenders/{i}/kind"),
            zh,
            "must be money: without a member there are no points to pay with",
        ))
    })
}
