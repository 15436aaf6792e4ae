//! The eleven elements of a contract as fields (D-CON-1), the parties among them, and what of them is missing.

use crate::error::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

macro_rules! elements {
    ($($variant:ident = $name:tt ($part:literal) $zh:literal $en:literal;)*) => {
        named! {
        /// A text of the contract, by the element of D-CON-1 that it belongs to.
        pub enum Element { $($variant = $name),* }
        }

        impl Element {
            /// Which of the eleven elements it belongs to, 1–10; the eleventh are the parties.
            pub fn part(self) -> u8 {
                match self { $(Element::$variant => $part,)* }
            }

            /// What it is called.
            pub fn label(self) -> Text {
                match self { $(Element::$variant => Text::new($zh, $en),)* }
            }
        }
    };
}

elements! {
    Subject = "subject" (1) "标的" "Subject";
    Quality = "quality" (2) "质量标准" "Quality";
    DeliveryTime = "delivery_time" (3) "交货时间" "Time of delivery";
    DeliveryPlace = "delivery_place" (3) "交货地点" "Place of delivery";
    DeliveryTransport = "delivery_transport" (3) "运输方式" "Transport";
    DeliveryCost = "delivery_cost" (3) "运费承担" "Cost of delivery";
    Acceptance = "acceptance" (4) "验收" "Acceptance";
    RightsLevel = "rights_level" (5) "经销级别" "Level of rights";
    RightsExclusivity = "rights_exclusivity" (5) "独家与否" "Exclusivity";
    RightsTerritory = "rights_territory" (5) "经销区域" "Territory";
    RightsAssortment = "rights_assortment" (5) "经销品种" "Assortment";
    RightsTerm = "rights_term" (5) "经销期限" "Term of rights";
    Settlement = "settlement" (6) "结算方式" "Settlement";
    PolicyRebates = "policy_rebates" (7) "返利" "Rebates";
    PolicyYearEnd = "policy_year_end" (7) "年终奖励" "Year-end bonus";
    PolicyPromotion = "policy_promotion" (7) "促销支持" "Promotion";
    PolicyAdvertising = "policy_advertising" (7) "广告支持" "Advertising";
    PolicyStaff = "policy_staff" (7) "人员支持" "Staff";
    Ordering = "ordering" (8) "订货" "Ordering";
    Returns = "returns" (8) "退换货" "Returns";
    Breach = "breach" (9) "违约责任" "Breach";
    Disputes = "disputes" (9) "争议解决" "Disputes";
    SigningPlace = "signing_place" (10) "签订地点" "Place of signing";
    Effect = "effect" (10) "生效条件" "Effect";
}

/// Longest text of an element, in characters.
pub const LONGEST: usize = 4000;

impl PartialOrd for Element {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Element {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (*self as u8).cmp(&(*other as u8))
    }
}

/// The texts, in the order of the eleven elements.
pub type Elements = BTreeMap<Element, String>;

macro_rules! party {
    ($($variant:ident = $name:tt $field:ident $zh:literal $en:literal;)*) => {
        named! {
        /// What is said of a party.
        pub enum PartyField { $($variant = $name),* }
        }

        impl PartyField {
            /// What it is called.
            pub fn label(self) -> Text {
                match self { $(PartyField::$variant => Text::new($zh, $en),)* }
            }
        }

        /// A party of a contract.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct Party { $(#[schema(max_length = 200)] pub $field: Option<String>,)* }

        impl Party {
            /// A field's text.
            pub fn get(&self, field: PartyField) -> Option<&str> {
                match field { $(PartyField::$variant => self.$field.as_deref(),)* }
            }

            /// A field's place.
            pub fn field_mut(&mut self, field: PartyField) -> &mut Option<String> {
                match field { $(PartyField::$variant => &mut self.$field,)* }
            }
        }
    };
}

party! {
    Name = "name" name "名称" "Name";
    Address = "address" address "地址" "Address";
    Contact = "contact" contact "联系方式" "Contact";
    LegalRepresentative = "legal_representative" legal_representative "法定代表人" "Legal representative";
    Signatory = "signatory" signatory "签约代表" "Signatory";
    Account = "account" account "银行账号" "Account";
    Bank = "bank" bank "开户银行" "Bank";
    TaxNumber = "tax_number" tax_number "税号" "Tax number";
}

impl Party {
    /// What is said here, and where nothing is, what the other one says.
    pub fn or(mut self, other: &Party) -> Party {
        for field in PartyField::ALL {
            let place = self.field_mut(*field);
            if place.is_none() {
                *place = other.get(*field).map(str::to_owned);
            }
        }
        self
    }
}

/// What a type of contracts demands and a contract doesn't say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Missing {
    /// Where it is to be written, as a JSON Pointer into the contract.
    #[schema(example = "/elements/quality")]
    pub pointer: String,
    /// Which of the eleven elements it belongs to, 1–11.
    pub part: u8,
    pub label: Text,
}

/// What is missing, in the order of the eleven elements. `lines`: how many goods are named.
pub fn missing(
    required: &[Element],
    party_fields: &[PartyField],
    (elements, lines): (&Elements, usize),
    (own, other): (&Party, &Party),
) -> Vec<Missing> {
    let said = |element: &Element| {
        elements.get(element).is_some_and(|text| !text.trim().is_empty()) || (*element == Element::Subject && lines > 0)
    };
    let mut required: Vec<&Element> = required.iter().collect();
    required.sort();
    required.dedup();
    let mut found: Vec<Missing> = required
        .into_iter()
        .filter(|element| !said(element))
        .map(|element| Missing {
            pointer: format!("/elements/{element}"),
            part: element.part(),
            label: element.label(),
        })
        .collect();
    for (party, pointer, zh, en) in [
        (own, "/own_party", "甲方", "Party A: "),
        (other, "/other_party", "乙方", "Party B: "),
    ] {
        let absent = party_fields.iter().filter(|field| party.get(**field).is_none());
        found.extend(absent.map(|field| {
            let label = field.label();
            Missing {
                pointer: format!("{pointer}/{field}"),
                part: 11,
                label: Text::new(format!("{zh}{}", label.zh), format!("{en}{}", label.en)),
            }
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn d_con_1_every_element_but_the_parties_has_a_field() {
        let parts: BTreeSet<u8> = Element::ALL.iter().map(|element| element.part()).collect();
        assert_eq!(parts, (1..=10).collect());
        let order: Vec<u8> = Element::ALL.iter().map(|element| element.part()).collect();
        assert!(order.is_sorted(), "{order:?}");
    }

    #[test]
    fn d_con_1_what_is_missing_is_named_with_its_place() {
        let elements = Elements::from([
            (Element::Quality, "GB/T 18186".to_owned()),
            (Element::Breach, "  ".to_owned()),
        ]);
        let own = Party {
            name: Some("甲公司".into()),
            ..Party::default()
        };
        let required = [Element::Breach, Element::Subject, Element::Quality];
        let told = |lines, other: &Party| -> Vec<String> {
            let found = missing(&required, &[PartyField::Name], (&elements, lines), (&own, other));
            found.into_iter().map(|missing| missing.pointer).collect()
        };
        assert_eq!(
            told(0, &Party::default()),
            ["/elements/subject", "/elements/breach", "/other_party/name"]
        );
        assert_eq!(told(1, &own), ["/elements/breach"], "goods say what it is about");
    }

    #[test]
    fn a_party_is_filled_up_from_another() {
        let archive = Party {
            name: Some("乙公司".into()),
            address: Some("南京路 1 号".into()),
            ..Party::default()
        };
        let own = Party {
            address: Some("北京路 2 号".into()),
            ..Party::default()
        };
        let both = own.or(&archive);
        assert_eq!(
            (both.name.as_deref(), both.address.as_deref()),
            (Some("乙公司"), Some("北京路 2 号"))
        );
    }
}
