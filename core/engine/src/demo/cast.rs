//! The demo's chains: who they are, where their stores stand, what they sell, and by which rules.

use super::people::Names;
use crate::actor::Role;
use crate::store_admin::StoreKind;
use cardea_domain::Text;
use cardea_domain::sale::{PointsTender, Terms};
use cardea_domain::tier::{Ladder, Review, Step};
use serde_json::{Value, json};

/// A chain of the demo.
#[derive(Debug)]
pub struct Chain {
    pub code: &'static str,
    pub name: &'static str,
    pub currency: &'static str,
    pub zone: &'static str,
    pub names: Names,
    /// Code and name.
    pub regions: &'static [(&'static str, &'static str)],
    pub stores: &'static [Store],
    /// Memberships per 1000 of the whole demo.
    pub share: u64,
    /// Minor units of this currency for a price of 1.00 in the catalogue.
    pub price: i64,
    /// User, role, and index of the store (None: the whole chain).
    pub logins: &'static [(&'static str, Role, Option<usize>)],
    pub program: (&'static str, &'static str, &'static str),
}

#[derive(Debug)]
pub struct Store {
    pub code: &'static str,
    pub name: &'static str,
    /// Index in the chain's regions.
    pub region: usize,
    pub kind: StoreKind,
}

const fn store(code: &'static str, name: &'static str, region: usize, kind: StoreKind) -> Store {
    Store {
        code,
        name,
        region,
        kind,
    }
}

pub const CHAINS: [Chain; 2] = [
    Chain {
        code: "liyan",
        name: "丽颜美妆",
        currency: "CNY",
        zone: "Asia/Shanghai",
        names: Names::Chinese,
        regions: &[("sh", "上海区"), ("jz", "江浙区")],
        stores: &[
            store("sh01", "南京东路店", 0, StoreKind::Own),
            store("sh02", "徐家汇店", 0, StoreKind::Own),
            store("sh03", "五角场店", 0, StoreKind::Own),
            store("sh04", "陆家嘴店", 0, StoreKind::Own),
            store("hz01", "杭州西湖店", 1, StoreKind::Own),
            store("hz02", "杭州武林店", 1, StoreKind::Franchise),
            store("sz01", "苏州观前街店", 1, StoreKind::Franchise),
            store("nb01", "宁波天一店", 1, StoreKind::Franchise),
        ],
        share: 700,
        price: 100,
        logins: &[
            ("admin", Role::HqAdmin, None),
            ("manager", Role::StoreManager, Some(0)),
            ("supervisor", Role::Supervisor, Some(0)),
            ("cashier", Role::Cashier, Some(0)),
            ("consultant", Role::Consultant, Some(0)),
            ("clerk", Role::Clerk, Some(0)),
            ("finance", Role::Finance, None),
            ("auditor", Role::Auditor, None),
            ("till", Role::ApiClient, Some(0)),
            ("vendor", Role::Vendor, None),
        ],
        program: ("vip", "丽颜会员", "Liyan VIP"),
    },
    Chain {
        code: "harbour",
        name: "Harbour Beauty 海港美妍",
        currency: "HKD",
        zone: "Asia/Hong_Kong",
        names: Names::HongKong,
        regions: &[("hk", "Hong Kong Island"), ("kl", "Kowloon")],
        stores: &[
            store("central", "Central", 0, StoreKind::Own),
            store("causeway", "Causeway Bay", 0, StoreKind::Own),
            store("tst", "Tsim Sha Tsui", 1, StoreKind::Own),
            store("mongkok", "Mong Kok", 1, StoreKind::Dealer),
        ],
        share: 300,
        price: 110,
        logins: &[
            ("admin", Role::HqAdmin, None),
            ("manager", Role::StoreManager, Some(0)),
            ("cashier", Role::Cashier, Some(0)),
        ],
        program: ("circle", "海港会", "Harbour Circle"),
    },
];

impl Chain {
    /// The retail plugin's configuration: the rule book's figures for the first chain, an open door for the second.
    pub fn plugin_config(&self) -> Value {
        match self.names {
            Names::Chinese => json!({
                "scope": "store",
                "required_fields": ["name", "phone", "birthday", "store"],
                "category_multipliers": [{ "category": "fragrance", "multiplier": "1.5" }],
                "excluded_categories": ["tools"],
            }),
            Names::HongKong => json!({
                "single_purchase": "0",
                "window_total": "0",
                "required_fields": ["name", "phone"],
                "validity_months": 36,
                "birthday_multiplier": "3",
                "excluded_categories": ["tools"],
                "cancellable_days": 7,
            }),
        }
    }

    /// Whether a card needs a purchase first (D-RET-1).
    pub fn asks_for_a_purchase(&self) -> bool {
        self.names == Names::Chinese
    }

    pub fn ladder(&self) -> Ladder {
        let step = |id: &str, zh: &str, en: &str, threshold: i64, multiplier: i64| Step {
            id: id.into(),
            name: Text::new(zh, en),
            threshold: threshold * 100,
            conditions: None,
            multiplier,
        };
        let steps = match self.names {
            Names::Chinese => vec![
                step("vip", "VIP会员", "VIP", 0, 1_000_000),
                step("silver", "银卡", "Silver", 5_000, 1_200_000),
                step("gold", "金卡", "Gold", 20_000, 1_500_000),
            ],
            Names::HongKong => vec![
                step("classic", "普通", "Classic", 0, 1_000_000),
                step("pearl", "珍珠", "Pearl", 3_000, 1_100_000),
                step("jade", "翡翠", "Jade", 8_000, 1_300_000),
                step("diamond", "钻石", "Diamond", 20_000, 2_000_000),
            ],
        };
        Ladder {
            months: 12,
            steps,
            review: Review::default(),
        }
    }
}

/// What 100 points pay.
pub const POINTS: i64 = 100;
pub const POINTS_MONEY: i64 = 500;

/// 100 points pay 5.00 and up to half of a bill.
pub fn points() -> Terms {
    let tender = PointsTender {
        points: POINTS,
        money: POINTS_MONEY,
        step: POINTS,
        minimum: 0,
        max_share: 500_000,
    };
    Terms {
        tender: Some(tender),
        ..Terms::default()
    }
}

/// A product: sku, category, price in whole units.
pub type Product = (&'static str, &'static str, i64);

/// The likelier, the earlier.
pub const PRODUCTS: [Product; 36] = [
    ("SK-101", "skincare", 168),
    ("MK-201", "makeup", 139),
    ("MS-301", "masks", 89),
    ("SK-102", "skincare", 298),
    ("MK-202", "makeup", 219),
    ("CL-401", "cleansing", 79),
    ("SK-103", "skincare", 459),
    ("BD-501", "body", 99),
    ("SN-601", "sun_care", 158),
    ("MK-203", "makeup", 329),
    ("MS-302", "masks", 199),
    ("CL-402", "cleansing", 128),
    ("HR-701", "hair", 119),
    ("SK-104", "skincare", 688),
    ("FR-801", "fragrance", 580),
    ("TL-901", "tools", 39),
    ("MK-204", "makeup", 99),
    ("SN-602", "sun_care", 238),
    ("BD-502", "body", 159),
    ("HR-702", "hair", 269),
    ("SK-105", "skincare", 880),
    ("FR-802", "fragrance", 920),
    ("MN-951", "men", 189),
    ("TL-902", "tools", 129),
    ("MS-303", "masks", 320),
    ("MK-205", "makeup", 450),
    ("GF-981", "gift_sets", 399),
    ("MN-952", "men", 329),
    ("SK-106", "skincare", 1280),
    ("FR-803", "fragrance", 1450),
    ("GF-982", "gift_sets", 888),
    ("SK-107", "skincare", 1680),
    ("HR-703", "hair", 420),
    ("GF-983", "gift_sets", 1588),
    ("SK-108", "skincare", 2380),
    ("FR-804", "fragrance", 2680),
];

/// A reward: code, names, price in points, whether only some stores have it.
pub type Reward = (&'static str, &'static str, &'static str, i64, bool);

pub const REWARDS: [Reward; 8] = [
    ("sample-set", "旅行体验装", "Travel sample set", 300, false),
    ("cotton", "化妆棉礼包", "Cotton pads", 200, false),
    ("mask-box", "补水面膜一盒", "Box of hydrating masks", 800, false),
    ("lip-balm", "润唇膏", "Lip balm", 500, false),
    ("brush-kit", "化妆刷套装", "Brush kit", 1500, false),
    ("facial", "门店面部护理一次", "Facial at the store", 2500, true),
    ("perfume-5ml", "香水小样5毫升", "Perfume 5 ml", 1200, true),
    ("gift-box", "限定礼盒", "Limited gift box", 5000, true),
];
