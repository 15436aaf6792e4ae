//! Templates that are shipped, each with the fields of its own that a type of contracts declares for it.

use super::Template;
use crate::error::Text;
use crate::fields::FieldDefinition;
use serde::Deserialize;

macro_rules! shipped {
    ($($variant:ident = $name:tt $zh:literal $en:literal;)*) => {
        named! {
        /// A template that comes with the system.
        pub enum ShippedTemplate { $($variant = $name),* }
        }

        impl ShippedTemplate {
            /// What it is called.
            pub fn label(self) -> Text {
                match self { $(ShippedTemplate::$variant => Text::new($zh, $en),)* }
            }

            fn text(self) -> &'static str {
                match self { $(ShippedTemplate::$variant => include_str!(concat!("shipped/", $name, ".json")),)* }
            }
        }
    };
}

shipped! {
    Dealer = "dealer" "经销合同" "Distribution contract";
    VehicleSale = "vehicle_sale" "汽车销售合同" "Vehicle sales contract";
    HotelRate = "hotel_rate" "酒店协议价合同" "Hotel corporate rate agreement";
    BeautyCourse = "beauty_course" "美容疗程服务合同" "Beauty course contract";
}

/// As the files have it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shipped {
    template: Template,
    fields: Vec<FieldDefinition>,
}

impl ShippedTemplate {
    /// What it says.
    pub fn template(self) -> Template {
        self.read().template
    }

    /// The fields of its own that it uses, as `values.name`.
    pub fn fields(self) -> Vec<FieldDefinition> {
        self.read().fields
    }

    fn read(self) -> Shipped {
        serde_json::from_str(self.text()).unwrap_or_else(|error| unreachable!("{self}: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{empty, full, headings};
    use super::super::placeholder::{BlockName, Placeholder};
    use super::super::{Block, PrintLanguage, Sheet, sheet};
    use super::*;
    use crate::braces::{Piece, pieces};
    use crate::contract::Element;
    use crate::fields::check_definitions;
    use std::collections::BTreeSet;

    fn each() -> impl Iterator<Item = (ShippedTemplate, Template)> {
        ShippedTemplate::ALL
            .iter()
            .map(|shipped| (*shipped, shipped.template()))
    }

    fn texts(template: &Template) -> Vec<&Text> {
        let clauses = template.clauses.iter();
        let clauses = clauses.flat_map(|clause| clause.heading.iter().chain([&clause.body]));
        [&template.title]
            .into_iter()
            .chain(clauses)
            .chain(&template.annexes)
            .collect()
    }

    /// The names in a template's texts and conditions.
    fn named(template: &Template) -> BTreeSet<String> {
        let of = |text: &str| -> Vec<String> {
            let name = |(_, piece)| match piece {
                Piece::Name(name) => Some(name.to_owned()),
                Piece::Plain(_) | Piece::Lone(_) => None,
            };
            pieces(text).filter_map(name).collect()
        };
        let inside = texts(template)
            .into_iter()
            .flat_map(|text| [of(&text.zh), of(&text.en)].concat());
        let conditions = template.clauses.iter().filter_map(|clause| clause.when.clone());
        inside.chain(conditions).collect()
    }

    #[test]
    fn d_con_2_what_is_shipped_has_no_faults() {
        for (shipped, template) in each() {
            let fields = shipped.fields();
            assert_eq!(check_definitions(&fields), [], "{shipped}");
            let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            assert_eq!(template.faults(&names), [], "{shipped}");
            assert_eq!(template.title, shipped.label());
            let written = serde_json::to_value(&template).expect("JSON");
            assert_eq!(
                serde_json::from_value::<Template>(written).expect("a template"),
                template
            );
        }
    }

    #[test]
    fn d_con_2_what_is_shipped_uses_its_fields_and_no_others() {
        for (shipped, template) in each() {
            let fields: BTreeSet<String> = shipped
                .fields()
                .into_iter()
                .map(|field| format!("values.{}", field.name))
                .collect();
            let named = named(&template);
            let values: BTreeSet<String> = named
                .iter()
                .filter(|name| name.starts_with("values."))
                .cloned()
                .collect();
            assert_eq!(values, fields, "{shipped}");
            let is_known = |name: &String| Placeholder::read(name).is_some() || name.parse::<BlockName>().is_ok();
            assert!(named.iter().all(is_known), "{shipped}");
        }
    }

    #[test]
    fn d_con_2_languages_arent_mixed() {
        let is_chinese = |c: char| ('\u{3000}'..='\u{9fff}').contains(&c) || ('\u{ff00}'..='\u{ff65}').contains(&c);
        for (shipped, template) in each() {
            for text in texts(&template) {
                assert!(!text.en.contains(is_chinese), "{shipped}: {}", text.en);
                assert!(
                    text.zh.contains(is_chinese) || text.zh.starts_with('{'),
                    "{shipped}: {}",
                    text.zh
                );
                assert_eq!(
                    text.zh.lines().count(),
                    text.en.lines().count(),
                    "{shipped}: {}",
                    text.zh
                );
            }
        }
    }

    #[test]
    fn d_con_2_nothing_that_was_agreed_on_is_lost_in_print() {
        for (shipped, template) in each() {
            let named = named(&template);
            for block in BlockName::ALL {
                assert!(named.contains(block.as_str()), "{shipped}: {block}");
            }
            for element in Element::ALL {
                let mut contract = empty();
                contract.elements.insert(*element, format!("@{element}@"));
                let print = serde_json::to_string(&sheet(&template, &contract, PrintLanguage::Zh)).expect("JSON");
                assert!(print.contains(&format!("@{element}@")), "{shipped}: {element}");
            }
        }
    }

    #[test]
    fn d_con_1_a_dealers_contract_has_a_clause_for_each_element_and_leaves_out_only_the_absent() {
        let template = ShippedTemplate::Dealer.template();
        let contract = full(ShippedTemplate::Dealer);
        let said = |sheet: &Sheet, element: &Element| {
            let wanted = format!("@{element}@");
            sheet
                .blocks
                .iter()
                .filter(|block| matches!(block, Block::Paragraph { text } if *text == wanted))
                .count()
        };
        for element in Element::ALL {
            let whole = sheet(&template, &contract, PrintLanguage::Zh);
            assert_eq!(said(&whole, element), 1, "{element}");
            let mut without = contract.clone();
            without.elements.remove(element);
            let without = sheet(&template, &without, PrintLanguage::Zh);
            assert_eq!(said(&without, element), 0);
            assert_eq!(headings(&without).len() + 1, headings(&whole).len(), "{element}");
        }
    }

    #[test]
    fn d_con_2_what_is_shipped_prints_full_and_empty_contracts_in_both_languages() {
        for (shipped, template) in each() {
            for (contract, is_full) in [(full(shipped), true), (empty(), false)] {
                for (language, blank) in [(PrintLanguage::Zh, "＿＿＿＿"), (PrintLanguage::En, "____")] {
                    let print = sheet(&template, &contract, language);
                    assert!(!print.title.is_empty() && print.blocks.len() > 10, "{shipped}");
                    assert!(matches!(print.blocks[0], Block::Parties { .. }), "{shipped}");
                    let has_blanks = |text: &str| text.contains(blank);
                    for block in &print.blocks {
                        let (Block::Paragraph { text } | Block::Heading { text }) = block else {
                            continue;
                        };
                        assert!(!text.contains(['{', '}']), "{shipped}: {text}");
                        assert!(!(is_full && has_blanks(text)), "{shipped}: {text}");
                    }
                    let tables = print
                        .blocks
                        .iter()
                        .filter(|block| matches!(block, Block::Table(_)))
                        .count();
                    assert_eq!(tables > 0, is_full, "{shipped}");
                    for (n, text) in headings(&print).into_iter().enumerate() {
                        let number = super::super::writing::heading(n + 1, "", language);
                        assert!(text.starts_with(&number), "{shipped}: {text}");
                    }
                }
            }
        }
    }

    #[test]
    fn d_card_12_a_beauty_course_computes_refunds_as_the_law_does() {
        let template = ShippedTemplate::BeautyCourse.template();
        let all: String = texts(&template).into_iter().map(|text| text.zh.as_str()).collect();
        // The worked example of the rule: 10 for 1000.00, list 150.00 each, 3 used.
        let (paid, list, sessions, used) = (1000, 150, 10, 3);
        let (agreed, consumer) = (paid - paid * used / sessions, paid - list * used);
        assert!(all.contains(&format!("退{agreed}元；因乙方自身原因退款的，退{consumer}元")));
        for duty in ["七日内", "存管", "12315", "未成年人", "过敏", "变更经营场所", "5000元"] {
            assert!(all.contains(duty), "{duty}");
        }
    }
}
