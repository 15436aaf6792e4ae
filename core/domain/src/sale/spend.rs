//! Paying a bill with points: exact, in clean steps, within the share (semantics.md, Redemption).

use super::bill::field;
use super::kept::gcd64;
use super::{Bill, Context, PointsTender, TenderKind, Terms};
use crate::error::{FieldError, Refusal};
use crate::money::{LIMIT, Minor, ONE, Points, format_minor, mul_div};

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
                (0..=ONE).contains(&tender.max_share),
                "/tender/max_share_ppm",
                "must be 0 to 1 000 000 parts per million",
            );
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

    /// The most that can be paid cleanly without going beyond `money`: points, and the money they stand for.
    pub fn clean_below(&self, money: Minor) -> (Points, Minor) {
        let nothing = (0, 0);
        if self.points < 1 || self.money < 1 || self.step < 1 {
            return nothing;
        }
        // Points come in multiples of the step, and their money in whole minor units.
        let whole = self.points / gcd64(self.points, self.money);
        let Some(unit) = mul_div(self.step / gcd64(self.step, whole), whole, 1) else {
            return nothing;
        };
        let Some(raw) = mul_div(money, self.points, self.money) else {
            return nothing;
        };
        let points = raw - raw % unit;
        (points, mul_div(points, self.money, self.points).unwrap_or(0))
    }
}

/// The points that the bill's points tender takes; none without one.
///
/// # Errors
/// `field_invalid` where it can't be converted exactly or is beyond its share, naming what can be paid instead.
pub(super) fn plan(bill: &Bill, context: &Context) -> Result<Option<Spend>, Refusal> {
    let mut tenders = bill.tenders.iter().enumerate();
    let Some((i, tender)) = tenders.find(|(_, tender)| tender.kind == TenderKind::Points && tender.amount > 0) else {
        return Ok(None);
    };
    let pointer = format!("/tenders/{i}/amount");
    let Some(terms) = &context.terms.tender else {
        let zh = "本计划不能用积分付款，请改用其他付款方式";
        return Err(field(
            format!("/tenders/{i}/kind"),
            zh,
            "must be money: the program doesn't take points as payment",
        ));
    };
    let show = |money: Minor| format_minor(money, context.minor_units);
    let offer = |most: Minor| match terms.clean_below(most) {
        (0, _) => (
            "本单不能用积分付款".to_owned(),
            "this bill can't be paid with points".to_owned(),
        ),
        (points, money) => (
            format!("可改为{}（{points}分）", show(money)),
            format!("{} ({points} points) is possible", show(money)),
        ),
    };
    let most = mul_div(bill.total(), terms.max_share, ONE).unwrap_or(0);
    if tender.amount > most {
        let ((zh, en), most) = (offer(most), show(most));
        return Err(field(
            pointer,
            &format!("积分最多抵付{most}，{zh}"),
            &format!("is more than the {most} that points may pay of this bill; {en}"),
        ));
    }
    let Some(points) = terms.points_for(tender.amount) else {
        let ((zh, en), money) = (offer(tender.amount), show(tender.amount));
        return Err(field(
            pointer,
            &format!("{money}不是积分的整档，{zh}"),
            &format!("({money}) isn't a whole step of points; {en}"),
        ));
    };
    Ok(Some(Spend {
        points,
        money: tender.amount,
    }))
}

/// A points tender on a bill of nobody.
pub(super) fn nobody(bill: &Bill) -> Result<(), Refusal> {
    let points = bill
        .tenders
        .iter()
        .position(|tender| tender.kind == TenderKind::Points && tender.amount > 0);
    points.map_or(Ok(()), |i| {
        let zh = "无会员的账单不能用积分付款";
        Err(field(
            format!("/tenders/{i}/kind"),
            zh,
            "must be money: without a member there are no points to pay with",
        ))
    })
}
