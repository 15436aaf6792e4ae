//! The demo's contracts: a type for each template that is shipped, and one contract of each, some of which wait for a yes.

use super::setup::Shop;
use crate::Engine;
use crate::archive::{Consent, FormOfAddress, NewCustomer};
use crate::contract::{ContractNote, ContractType, NewContract, NewContractType, OwnParty, TemplateChange};
use crate::settings::SettingChange;
use cardea_domain::Refusal;
use cardea_domain::contract::print::ShippedTemplate;
use cardea_domain::contract::{Element, Party, PartyField};
use cardea_domain::id::{ContractTypeId, CustomerId};
use serde_json::{Value, json};

/// Code, category of filing numbers, the other party, whether it waits for a yes.
const KINDS: [(ShippedTemplate, &str, &str, &str, bool); 4] = [
    (ShippedTemplate::Dealer, "dealer", "JX", "晨光百货有限公司", true),
    (ShippedTemplate::VehicleSale, "vehicle", "QC", "陈建华", false),
    (
        ShippedTemplate::HotelRate,
        "hotel-rate",
        "JD",
        "远航国际旅行社有限公司",
        true,
    ),
    (ShippedTemplate::BeautyCourse, "course", "MR", "林雅琴", false),
];

/// Writes them.
pub(super) async fn write(engine: &Engine, shop: &Shop) -> Result<(), Refusal> {
    let own = Party {
        name: Some(format!("{}有限公司", shop.chain.name)),
        address: Some("上海市黄浦区南京东路 800 号".into()),
        contact: Some("021-5555 0100".into()),
        legal_representative: Some("周明远".into()),
        bank: Some("中国工商银行上海市南京东路支行".into()),
        account: Some("1001 0000 0000 0000 000".into()),
        tax_number: Some("91310101MA0000000X".into()),
        signatory: None,
    };
    let change = SettingChange { value: OwnParty(own) };
    engine.update_setting(&shop.actor, None, 0, change).await?;
    for (n, (template, code, category, party, waits)) in KINDS.into_iter().enumerate() {
        let kind = kind(engine, shop, template, (code, category)).await?;
        let customer = customer(engine, shop, party, n).await?;
        let new = NewContract {
            type_id: kind,
            customer_id: customer,
            author_id: Some(shop.stores[0].consultant),
            content: serde_json::from_value(content(template)).map_err(crate::Error::from)?,
        };
        let contract = engine.create_contract(&shop.actor, None, new).await?.value;
        if waits {
            let id = contract.listed.id;
            engine
                .submit_contract(&shop.actor, None, id, ContractNote::default())
                .await?;
        }
    }
    Ok(())
}

async fn kind(
    engine: &Engine,
    shop: &Shop,
    template: ShippedTemplate,
    (code, category): (&str, &str),
) -> Result<ContractTypeId, Refusal> {
    let required = match template {
        ShippedTemplate::Dealer => vec![Element::Quality, Element::Settlement, Element::Breach],
        _ => Vec::new(),
    };
    let new = NewContractType {
        code: code.into(),
        name: template.label(),
        category: category.into(),
        required,
        party_fields: vec![PartyField::Name],
        fields: template.fields(),
        approvals: Vec::new(),
    };
    let id = engine.create::<ContractType>(&shop.actor, None, new).await?.value.id;
    let change = TemplateChange {
        template: template.template(),
    };
    engine
        .update_contract_template(&shop.actor, None, (id, 0), change)
        .await?;
    Ok(id)
}

async fn customer(engine: &Engine, shop: &Shop, name: &str, n: usize) -> Result<CustomerId, Refusal> {
    let place = &shop.stores[0];
    let new = NewCustomer {
        name: name.into(),
        form_of_address: FormOfAddress::None,
        phones: vec![format!("1390000000{n}")],
        birthday: None,
        birthday_calendar: Default::default(),
        identity_number: None,
        identity_kind: None,
        card: None,
        store_id: place.id,
        consultant_id: Some(place.consultant),
        introducer_customer_id: None,
        consent: Consent {
            marketing: false,
            privacy: true,
        },
        external_ref: None,
        acknowledge_duplicate: true,
    };
    Ok(engine.create_customer(&shop.actor, None, new).await?.value.id)
}

fn line(goods: &str, (brand, specification): (&str, &str), unit: &str, quantity: i64, price: i64) -> Value {
    json!({
        "goods": goods, "brand": brand, "specification": specification, "unit": unit, "quantity": quantity * 1000,
        "unit_price": price, "tax_ppm": 130_000, "tax_included": true,
    })
}

fn content(template: ShippedTemplate) -> Value {
    match template {
        ShippedTemplate::Dealer => json!({
            "title": "2027 年度化妆品经销合同",
            "elements": {
                "quality": "符合 GB 7916 及备案的产品技术要求，到货时剩余保质期不少于三分之二",
                "delivery_time": "订单确认后七个工作日内", "delivery_place": "乙方杭州仓库", "delivery_transport": "公路冷链",
                "delivery_cost": "由甲方承担", "acceptance": "到货三日内清点，外观不符当场注明",
                "rights_level": "区域经销", "rights_territory": "浙江省", "settlement": "月结三十天，银行转账",
                "policy_rebates": "年度回款达到 100 万元返利 2%", "returns": "破损、错发七日内退换",
                "breach": "逾期付款按日万分之五支付违约金", "disputes": "提交甲方所在地人民法院",
            },
            "lines": [
                line("保湿面霜", ("丽颜", "50 g"), "瓶", 1200, 128_00), line("精华液", ("丽颜", "30 ml"), "瓶", 800, 268_00),
                line("卸妆油", ("丽颜", "150 ml"), "瓶", 600, 98_00),
            ],
            "milestones": [{"kind": "payment", "due_on": "2027-06-30", "amount": 100_000_00, "text": "上半年结算"}],
            "starts_on": "2027-01-01", "ends_on": "2027-12-31",
        }),
        ShippedTemplate::VehicleSale => json!({
            "title": "汽车销售合同", "lines": [line("乘用车", ("远景", "1.5T 豪华型 珍珠白"), "辆", 1, 128_800_00)],
            "starts_on": "2026-12-01",
        }),
        ShippedTemplate::HotelRate => json!({
            "title": "2027 年度酒店协议价合同", "starts_on": "2027-01-01", "ends_on": "2027-12-31",
            "lines": [
                line("标准大床房", ("协议价", "含单早"), "间夜", 200, 458_00), line("豪华双床房", ("协议价", "含双早"), "间夜", 120, 568_00),
            ],
            "elements": {"settlement": "月结，次月十日前付清"},
        }),
        ShippedTemplate::BeautyCourse => json!({
            "title": "补水护理疗程服务合同", "lines": [line("补水护理", ("丽颜", "60 分钟"), "次", 12, 298_00)],
            "starts_on": "2026-12-01", "ends_on": "2027-11-30",
        }),
    }
}
