//! What an issuer deposits of its customers' balances (D-CARD-11).

use super::PrepaidRules;
use crate::money::{Minor, ONE, Ppm, mul_div};
use serde::Serialize;
use utoipa::ToSchema;

named! {
/// Class of an issuer of prepaid cards, as it is registered.
#[derive(Default)]
pub enum IssuerClass {
    /// 规模发卡企业
    #[default]
    Scale = "scale",
    /// 集团发卡企业
    Group = "group",
    /// 品牌发卡企业
    Brand = "brand",
}
}

/// What is to be deposited of a balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Deposit {
    pub class: IssuerClass,
    /// Parts per million of the balance at the quarter's end.
    #[schema(value_type = i64, example = 200_000)]
    pub share_ppm: Ppm,
    /// Minor units; rounded up, for the share is a least.
    #[schema(value_type = i64, example = 20_000_00)]
    pub amount: Minor,
}

/// What an issuer of this class deposits; a balance below 0 needs nothing.
pub fn deposit(rules: &PrepaidRules, class: IssuerClass, balance: Minor) -> Deposit {
    let share_ppm = match class {
        IssuerClass::Scale => rules.deposit_shares[0],
        IssuerClass::Group => rules.deposit_shares[1],
        IssuerClass::Brand => rules.deposit_shares[2],
    };
    let balance = balance.max(0);
    let below = mul_div(balance, share_ppm, ONE).unwrap_or(0);
    let exact = i128::from(balance) * i128::from(share_ppm) == i128::from(below) * i128::from(ONE);
    Deposit {
        class,
        share_ppm,
        amount: below + i64::from(!exact),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Day;

    #[test]
    fn d_card_11_the_deposit_is_a_share_by_class() {
        let rules = super::super::rules("CN", "CNY", Day::from_ymd(2026, 7, 1).unwrap()).unwrap();
        let amount = |class, balance| deposit(rules, class, balance).amount;
        assert_eq!(amount(IssuerClass::Scale, 100_000_00), 20_000_00);
        assert_eq!(amount(IssuerClass::Group, 100_000_00), 30_000_00);
        assert_eq!(amount(IssuerClass::Brand, 100_000_00), 40_000_00);
        assert_eq!(amount(IssuerClass::Scale, 1), 1);
        assert_eq!(amount(IssuerClass::Scale, -5), 0);
    }
}
