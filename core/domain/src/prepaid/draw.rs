//! Which part of an amount is taken of principal, and which of bonus (D-HOT-5).

use crate::money::{Minor, mul_div};
use crate::sale::Draw;

/// What an amount takes, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    pub principal: Minor,
    pub bonus: Minor,
}

/// Splits `amount` ≥ 0 over what can be spent; None where that isn't enough. Each part then goes through its lots in
/// spend order; every lot belongs to one top-up, so what a top-up lost of both says how far it is used.
pub fn drawn(draw: Draw, amount: Minor, principal: Minor, bonus: Minor) -> Option<Drawn> {
    let (principal, bonus) = (principal.max(0), bonus.max(0));
    let total = principal.checked_add(bonus)?;
    if amount < 0 || amount > total {
        return None;
    }
    let of_bonus = match draw {
        _ if amount == 0 => 0,
        Draw::ProRata => mul_div(amount, bonus, total)?,
        Draw::PrincipalFirst => (amount - principal).max(0),
        Draw::BonusFirst => amount.min(bonus),
    };
    Some(Drawn {
        principal: amount - of_bonus,
        bonus: of_bonus,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::LIMIT;
    use proptest::prelude::*;

    fn split(draw: Draw, amount: Minor, principal: Minor, bonus: Minor) -> Option<(Minor, Minor)> {
        drawn(draw, amount, principal, bonus).map(|drawn| (drawn.principal, drawn.bonus))
    }

    #[test]
    fn d_hot_5_in_proportion_or_one_before_the_other() {
        assert_eq!(split(Draw::ProRata, 60_00, 500_00, 100_00), Some((50_00, 10_00)));
        assert_eq!(split(Draw::ProRata, 10, 1_000_00, 50_00), Some((10, 0)));
        assert_eq!(
            split(Draw::PrincipalFirst, 550_00, 500_00, 100_00),
            Some((500_00, 50_00))
        );
        assert_eq!(split(Draw::BonusFirst, 550_00, 500_00, 100_00), Some((450_00, 100_00)));
        for draw in Draw::ALL {
            assert_eq!(split(*draw, 600_00, 500_00, 100_00), Some((500_00, 100_00)));
            assert_eq!(split(*draw, 600_01, 500_00, 100_00), None);
            assert_eq!(split(*draw, 0, 0, 0), Some((0, 0)));
            assert_eq!(split(*draw, -1, 5, 5), None);
        }
    }

    proptest! {
        #[test]
        fn d_hot_5_the_parts_add_up_and_are_there(
            principal in 0..LIMIT, bonus in 0..LIMIT, share in 0..=1_000_000i64, which in 0usize..3,
        ) {
            let total = i128::from(principal) + i128::from(bonus);
            let amount = (total * i128::from(share) / 1_000_000).min(i128::from(LIMIT)) as i64;
            let parts = drawn(Draw::ALL[which], amount, principal, bonus).unwrap();
            prop_assert_eq!(parts.principal + parts.bonus, amount);
            prop_assert!((0..=principal).contains(&parts.principal));
            prop_assert!((0..=bonus).contains(&parts.bonus));
        }
    }
}
