//! Subject lines of a contract and their sums (D-CON-1): goods, brand, specification, quantity, price, tax. Integers
//! throughout: each line is rounded once for its price and once for its tax, ties away from zero, and sums are sums of
//! what the lines show.

use crate::error::WrongField;
use crate::money::{LIMIT, Minor, ONE, Ppm, div_half_up, sum};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most lines of one contract.
pub const MOST_LINES: usize = 200;
/// Thousandths in one unit of a quantity.
const THOUSAND: i128 = 1000;

/// What is sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectLine {
    #[schema(min_length = 1, max_length = 100, example = "洗发水")]
    pub goods: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 60)]
    pub brand: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200, example = "500 ml × 12")]
    pub specification: Option<String>,
    /// What the quantity counts.
    #[schema(min_length = 1, max_length = 20, example = "箱")]
    pub unit: String,
    /// In thousandths: 1500 is one and a half.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 12_000)]
    pub quantity: i64,
    /// In minor units, for one unit.
    #[schema(value_type = i64, minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 268_00)]
    pub unit_price: Minor,
    /// Rate of the tax in parts per million: 130000 is 13 %.
    #[schema(value_type = i64, minimum = 0, maximum = 1_000_000, example = 130_000)]
    pub tax_ppm: Ppm,
    /// Whether the price contains the tax.
    pub tax_included: bool,
}

/// What one line comes to, or all; `amount` + `tax` = `total` to the cent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineTotal {
    /// Without tax, in minor units.
    #[schema(value_type = i64)]
    pub amount: Minor,
    /// In minor units.
    #[schema(value_type = i64)]
    pub tax: Minor,
    /// With tax, in minor units.
    #[schema(value_type = i64)]
    pub total: Minor,
}

/// What the subject lines come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    /// In the order of the lines.
    pub lines: Vec<LineTotal>,
    pub sum: LineTotal,
}

impl SubjectLine {
    /// Quantity × price, rounded half up; without tax in the price the tax is its share of that, rounded half up and
    /// added; with tax in the price the tax is rate / (1 + rate) of that, rounded half up and taken out. None beyond
    /// ±[`LIMIT`].
    pub fn total(&self) -> Option<LineTotal> {
        let priced = div_half_up(i128::from(self.quantity) * i128::from(self.unit_price), THOUSAND)?;
        let taxed = i128::from(priced) * i128::from(self.tax_ppm);
        if self.tax_included {
            let tax = div_half_up(taxed, i128::from(ONE) + i128::from(self.tax_ppm))?;
            Some(LineTotal {
                amount: priced - tax,
                tax,
                total: priced,
            })
        } else {
            let tax = div_half_up(taxed, i128::from(ONE))?;
            Some(LineTotal {
                amount: priced,
                tax,
                total: sum([priced, tax])?,
            })
        }
    }

    fn faults(&self, root: &str) -> Vec<WrongField> {
        let texts = [
            ("goods", Some(&self.goods), 100),
            ("brand", self.brand.as_ref(), 60),
            ("specification", self.specification.as_ref(), 200),
            ("unit", Some(&self.unit), 20),
        ];
        let mut wrong: Vec<WrongField> = texts
            .into_iter()
            .filter_map(|(name, text, most)| text_fault(root, name, text?, most))
            .collect();
        if !(1..=LIMIT).contains(&self.quantity) {
            wrong.push(WrongField::new(
                format!("{root}/quantity"),
                "数量须大于零，最多三位小数",
                "The quantity must be above zero, with three decimal places at most",
            ));
        }
        if !(0..=LIMIT).contains(&self.unit_price) {
            wrong.push(WrongField::new(
                format!("{root}/unit_price"),
                "单价不能为负，也不能超过金额上限",
                "The price can be neither negative nor beyond the limit of amounts",
            ));
        }
        if !(0..=ONE).contains(&self.tax_ppm) {
            wrong.push(WrongField::new(
                format!("{root}/tax_ppm"),
                "税率须在 0 % 与 100 % 之间",
                "The tax rate must lie between 0 % and 100 %",
            ));
        }
        wrong
    }
}

fn text_fault(root: &str, name: &str, text: &str, most: usize) -> Option<WrongField> {
    let long = text.trim().chars().count();
    let fits = (1..=most).contains(&long) && !text.chars().any(char::is_control);
    (!fits).then(|| {
        WrongField::new(
            format!("{root}/{name}"),
            format!("请填写 1–{most} 个字，不含换行等控制字符"),
            format!("Fill in 1–{most} characters, without line breaks or other control characters"),
        )
    })
}

/// What the lines come to.
///
/// # Errors
/// One [`WrongField`] per field at fault, with pointers such as `/lines/3/quantity`: more than [`MOST_LINES`], a field
/// out of its range, an amount beyond ±[`LIMIT`].
pub fn totals(lines: &[SubjectLine]) -> Result<Totals, Vec<WrongField>> {
    if lines.len() > MOST_LINES {
        return Err(vec![WrongField::new(
            "/lines",
            format!("合同标的最多 {MOST_LINES} 行，请分列附件"),
            format!("A contract has at most {MOST_LINES} lines; put more into an annex"),
        )]);
    }
    let mut wrong = Vec::new();
    let mut of_lines = Vec::with_capacity(lines.len());
    for (n, line) in lines.iter().enumerate() {
        let root = format!("/lines/{n}");
        let faults = line.faults(&root);
        match line.total() {
            _ if !faults.is_empty() => wrong.extend(faults),
            Some(total) => of_lines.push(total),
            None => wrong.push(too_large(root)),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let all = |part: fn(&LineTotal) -> Minor| sum(of_lines.iter().map(part));
    let whole = (all(|line| line.amount), all(|line| line.tax), all(|line| line.total));
    let (Some(amount), Some(tax), Some(total)) = whole else {
        return Err(vec![too_large("/lines".into())]);
    };
    Ok(Totals {
        lines: of_lines,
        sum: LineTotal { amount, tax, total },
    })
}

fn too_large(pointer: String) -> WrongField {
    WrongField::new(
        pointer,
        "金额超过上限，请核对数量与单价",
        "The amount is beyond the limit; check the quantity and the price",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(quantity: i64, unit_price: Minor, tax_ppm: Ppm, tax_included: bool) -> SubjectLine {
        SubjectLine {
            goods: "洗发水".into(),
            brand: Some("清扬".into()),
            specification: None,
            unit: "箱".into(),
            quantity,
            unit_price,
            tax_ppm,
            tax_included,
        }
    }

    #[test]
    fn d_con_1_lines_come_to_amount_tax_and_total() {
        for (quantity, price, ppm, included, wanted) in [
            // 12 × 268.00 and 13 % on top: 418.08
            (12_000, 268_00, 130_000, false, (3_216_00, 418_08, 3_634_08)),
            // 100 × 113.00 with 13 % inside: 1300.00
            (100_000, 113_00, 130_000, true, (10_000_00, 1_300_00, 11_300_00)),
            // 1.00 with 13 % inside: 0.1150… rounds up
            (1_000, 1_00, 130_000, true, (88, 12, 1_00)),
            // 0.5 × 0.01 is half a cent and counts as one
            (500, 1, 0, false, (1, 0, 1)),
            (499, 1, 0, false, (0, 0, 0)),
            // 0.05 at 10 %: half a cent of tax
            (1_000, 5, 100_000, false, (5, 1, 6)),
            // 1.333 × 2.99 = 3.98567; 6 %: 0.2394
            (1_333, 2_99, 60_000, false, (3_99, 24, 4_23)),
            (1_000, 0, 130_000, true, (0, 0, 0)),
            (1_000, 1_00, 1_000_000, true, (50, 50, 1_00)),
        ] {
            let total = line(quantity, price, ppm, included).total().unwrap();
            let got = (total.amount, total.tax, total.total);
            assert_eq!(got, wanted, "{quantity} × {price}, {ppm} ppm, included: {included}");
        }
    }

    #[test]
    fn d_con_1_sums_are_sums_of_what_lines_show() {
        // Each third of a cent is rounded in its own line.
        let lines = vec![line(333, 1_00, 130_000, false); 3];
        let totals = totals(&lines).unwrap();
        assert_eq!(
            totals.lines,
            [LineTotal {
                amount: 33,
                tax: 4,
                total: 37
            }; 3]
        );
        assert_eq!(
            totals.sum,
            LineTotal {
                amount: 99,
                tax: 12,
                total: 111
            }
        );
        assert_eq!(super::totals(&[]), Ok(Totals::default()));
    }

    fn pointers(lines: &[SubjectLine]) -> Vec<String> {
        let wrong = totals(lines).expect_err("something is wrong");
        assert!(wrong.iter().all(|w| !w.detail.zh.is_empty() && !w.detail.en.is_empty()));
        wrong.into_iter().map(|wrong| wrong.pointer).collect()
    }

    #[test]
    fn d_con_1_every_wrong_field_is_named() {
        let mut lines = vec![line(1_000, 1_00, 0, false); 4];
        lines[1].goods = " ".into();
        lines[1].tax_ppm = 1_000_001;
        lines[2].brand = Some("牌".repeat(61));
        lines[2].unit_price = -1;
        lines[3].quantity = 0;
        lines[3].unit = "箱\n".into();
        assert_eq!(
            pointers(&lines),
            [
                "/lines/1/goods",
                "/lines/1/tax_ppm",
                "/lines/2/brand",
                "/lines/2/unit_price",
                "/lines/3/unit",
                "/lines/3/quantity"
            ]
        );
        let mut longest = vec![line(1_000, 1_00, 0, false); MOST_LINES];
        longest[0].specification = Some("规".repeat(200));
        assert!(totals(&longest).is_ok());
        longest.push(line(1_000, 1_00, 0, false));
        assert_eq!(pointers(&longest), ["/lines"]);
    }

    #[test]
    fn d_con_1_amounts_beyond_the_limit_are_refused() {
        let edge = line(1_000, LIMIT, 0, false);
        assert_eq!(totals(std::slice::from_ref(&edge)).unwrap().sum.total, LIMIT);
        assert_eq!(pointers(&[line(2_000, LIMIT, 0, false)]), ["/lines/0"]);
        assert_eq!(pointers(&[line(LIMIT, LIMIT, 0, true)]), ["/lines/0"]);
        assert_eq!(
            pointers(&[line(1_000, LIMIT, 1, false)]),
            ["/lines/0"],
            "the tax alone is too much"
        );
        assert_eq!(
            pointers(&[edge, line(1_000, 1, 0, false)]),
            ["/lines"],
            "the sum alone is too much"
        );
        assert_eq!(pointers(&[line(i64::MIN, i64::MIN, i64::MIN, true)]).len(), 3);
    }

    #[test]
    fn d_con_1_documents_know_their_fields() {
        let line = line(1_500, 2_00, 130_000, true);
        let mut document = serde_json::to_value(&line).unwrap();
        assert_eq!(serde_json::from_value::<SubjectLine>(document.clone()).unwrap(), line);
        assert!(document.get("specification").is_none());
        document["discount"] = 1.into();
        assert!(serde_json::from_value::<SubjectLine>(document).is_err());
    }

    proptest! {
        #[test]
        fn d_con_1_totals_add_up(lines in proptest::collection::vec(
            (1i64..10_000_000, 0i64..10_000_000, 0i64..=1_000_000, any::<bool>()), 0..20,
        )) {
            let lines: Vec<SubjectLine> = lines.into_iter().map(|(q, p, r, i)| line(q, p, r, i)).collect();
            let totals = totals(&lines).unwrap();
            prop_assert_eq!(totals.sum.amount + totals.sum.tax, totals.sum.total);
            for (line, of) in lines.iter().zip(&totals.lines) {
                prop_assert_eq!(of.amount + of.tax, of.total);
                let priced = if line.tax_included { of.total } else { of.amount };
                // Within half a minor unit of the exact product.
                let exact = i128::from(line.quantity) * i128::from(line.unit_price);
                prop_assert!((i128::from(priced) * 1000 - exact).abs() <= 500);
                let base = if line.tax_included { ONE + line.tax_ppm } else { ONE };
                let off = i128::from(of.tax) * i128::from(base) - i128::from(priced) * i128::from(line.tax_ppm);
                prop_assert!(off.abs() * 2 <= i128::from(base));
            }
        }
    }
}
