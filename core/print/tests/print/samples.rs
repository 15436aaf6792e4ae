//! A dealer contract of three pages in each language, as it is made from a template.

use cardea_domain::contract::print::{Block, Column, PrintLanguage, Sheet, Side, Signature, Table};

fn heading(text: &str) -> Block {
    Block::Heading { text: text.into() }
}

fn paragraph(text: &str) -> Block {
    Block::Paragraph { text: text.into() }
}

fn strings(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

pub fn column(label: &str, share: u8, figures: bool) -> Column {
    Column {
        label: label.into(),
        figures,
        share,
    }
}

fn side(role: &str, facts: &[(&str, &str)]) -> Side {
    let facts = facts.iter().map(|(label, text)| ((*label).into(), (*text).into()));
    Side {
        role: role.into(),
        facts: facts.collect(),
    }
}

fn table(columns: Vec<Column>, rows: &[&[&str]], foot: Option<&[&str]>) -> Block {
    Block::Table(Table {
        columns,
        rows: rows.iter().map(|row| strings(row)).collect(),
        foot: foot.map(strings),
    })
}

fn signature(role: &str, lines: &[(&str, Option<&str>)]) -> Signature {
    let lines = lines
        .iter()
        .map(|(label, text)| ((*label).into(), text.map(Into::into)));
    Signature {
        role: role.into(),
        lines: lines.collect(),
    }
}

/// Clauses of a heading and paragraphs each.
fn clauses(texts: &[(&str, &[&str])]) -> Vec<Block> {
    let clause = |(title, paragraphs): &(&str, &[&str])| {
        let paragraphs: Vec<Block> = paragraphs.iter().map(|text| paragraph(text)).collect();
        [vec![heading(title)], paragraphs].concat()
    };
    texts.iter().flat_map(clause).collect()
}

/// 经销合同, not signed yet.
pub fn chinese() -> Sheet {
    let mut blocks = vec![Block::Parties {
        own: side(
            "甲方（供货方）",
            &[
                ("名称", "江苏沃野新材料股份有限公司"),
                ("统一社会信用代码", "91320594MA1P7T4X3K"),
                ("法定代表人", "陈思远"),
                ("住所", "苏州工业园区星湖街328号创意产业园5幢1201室"),
                ("开户银行", "中国建设银行股份有限公司苏州工业园区支行"),
                ("账号", "32250198843600001276"),
                ("联系人", "周佳琪，0512-6288 1066"),
            ],
        ),
        other: side(
            "乙方（经销商）",
            &[
                ("名称", "成都蓉泰昇建材有限公司"),
                ("统一社会信用代码", "91510107MA6CQ0KX8D"),
                ("法定代表人", "王翀"),
                ("住所", "成都市武侯区佳灵路53号红牌楼广场2号写字楼16层"),
                ("开户银行", "招商银行成都红牌楼支行"),
                ("账号", "128905716610801"),
                ("联系人", "阿卜杜拉·买买提，138 0803 2217"),
            ],
        ),
    }];
    blocks.push(paragraph(
        "根据《中华人民共和国民法典》及有关法律、法规的规定，甲乙双方在平等、自愿、公平和诚实信用的基础上，就乙方在约定区域内经销甲方“沃野”牌防水材料（以下简称“产品”）事宜，经协商一致，订立本合同，共同遵守。",
    ));
    blocks.extend(chinese_goods());
    blocks.extend(chinese_rest());
    Sheet {
        language: PrintLanguage::Zh,
        title: "产品经销合同".into(),
        number: Some("WY-JX-2026-0317".into()),
        mark: Some("草稿".into()),
        blocks,
        signatures: vec![
            signature(
                "甲方（盖章）：江苏沃野新材料股份有限公司",
                &[("授权代表（签字）", None), ("日期", None)],
            ),
            signature(
                "乙方（盖章）：成都蓉泰昇建材有限公司",
                &[("授权代表（签字）", None), ("日期", Some("2026年3月18日"))],
            ),
        ],
        annexes: strings(&["2026年度产品价格表", "经销区域示意图及门店清单", "廉洁合作承诺书"]),
    }
}

const CHINESE_GOODS: &[&[&str]] = &[
    &[
        "1",
        "聚氨酯防水涂料（单组分）",
        "SPU-301 / 20 kg",
        "桶",
        "4,800",
        "286.00",
        "1,372,800.00",
    ],
    &[
        "2",
        "聚合物水泥防水涂料",
        "JS-II / 18 kg",
        "桶",
        "3,600",
        "171.50",
        "617,400.00",
    ],
    &[
        "3",
        "SBS改性沥青防水卷材",
        "PY PE 4.0 mm",
        "卷",
        "2,150",
        "318.00",
        "683,700.00",
    ],
    &[
        "4",
        "自粘聚合物改性沥青防水卷材（无胎基）",
        "N PET 1.5 mm",
        "卷",
        "1,100",
        "241.11",
        "265,221.00",
    ],
    &["5", "瓷砖背胶", "TB-01 / 5 kg", "组", "900", "98.00", "88,200.00"],
];

fn chinese_goods() -> Vec<Block> {
    let mut blocks = clauses(&[
        (
            "第一条　经销授权与区域",
            &[
                "1.1　甲方授权乙方为四川省成都市、德阳市、眉山市行政区域内的非独家经销商，授权期限自2026年4月1日起至2027年3月31日止。未经甲方书面同意，乙方不得在授权区域以外销售产品，亦不得将经销权转让或者再授权给任何第三方。",
                "1.2　乙方应当在授权区域内设立不少于3家形象门店，并在合同生效后90日内完成首家门店的装修和开业。门店形象应当符合甲方《终端形象识别手册》（VI 4.2版）的要求。",
            ],
        ),
        (
            "第二条　产品、数量与价格",
            &[
                "2.1　合同年度内，乙方承诺采购的产品、数量及含税单价如下表。单价为含13%增值税的到库价；国家调整税率的，不含税价格不变。",
            ],
        ),
    ]);
    blocks.push(table(
        vec![
            column("序号", 5, false),
            column("产品名称", 18, false),
            column("规格型号", 14, false),
            column("单位", 6, false),
            column("数量", 9, true),
            column("单价（元）", 11, true),
            column("金额（元）", 14, true),
        ],
        CHINESE_GOODS,
        Some(&["", "合计", "", "", "12,550", "", "3,027,321.00"]),
    ));
    blocks.extend(clauses(&[(
        "第三条　货款结算与返利",
        &[
            "3.1　合同总金额为人民币叁佰零贰万柒仟叁佰贰拾壹元整（¥3,027,321.00）。乙方应当于合同签订之日起7个工作日内支付履约保证金人民币伍万元整（¥50,000.00），合同终止且双方无未结款项的，甲方于30日内无息退还。",
            "3.2　甲方给予乙方人民币60万元的信用额度，账期为开票之日起45日。超过信用额度或者账期的订单，款到发货。",
            "3.3　年度回款达到下列标准的，甲方按照实际回款金额（不含税）计算返利，于次年4月30日前以货款抵扣方式兑现：",
        ],
    )]));
    blocks.push(table(
        vec![
            column("年度回款（万元）", 3, false),
            column("返利比例", 2, true),
            column("兑现方式", 4, false),
        ],
        &[
            &["200（含）～300", "1.5%", "抵扣货款"],
            &["300（含）～450", "2.0%", "抵扣货款"],
            &["450（含）以上", "3.0%", "抵扣货款，另给予市场支持费用2万元"],
        ],
        None,
    ));
    blocks
}

fn chinese_rest() -> Vec<Block> {
    clauses(&[
        (
            "第四条　订货、交付与验收",
            &[
                "4.1　乙方应当至少提前10日以书面形式（包括电子邮件、甲方订货系统）提交订单，甲方在2个工作日内确认。甲方负责将产品运送至乙方指定的成都市区仓库，运费由甲方承担；产品毁损、灭失的风险自乙方签收时起转移。",
                "4.2　乙方应当在到货当日对数量、型号和外包装进行验收，在到货后7日内对外观质量提出异议。乙方未在上述期间内提出异议的，视为验收合格，但产品存在不能即时发现的内在质量缺陷的除外。",
            ],
        ),
        (
            "第五条　质量与售后服务",
            &[
                "5.1　甲方保证产品符合GB/T 19250—2013、GB 18242—2008、GB/T 23445—2009等现行国家标准以及产品说明书载明的要求，并随货提供出厂检验报告、合格证。",
                "5.2　经双方共同委托的检验机构认定产品不合格的，甲方应当负责更换或者退货，并承担由此产生的检验、运输费用；因施工不当、超过保质期使用造成的损失，甲方不承担责任。",
            ],
        ),
        (
            "第六条　市场秩序与商业秘密",
            &[
                "6.1　乙方不得以低于甲方公布的最低建议成交价的方式扰乱市场，不得跨区域销售（窜货）。经查实的，甲方有权扣减当季返利；情节严重的，有权取消经销资格。",
                "6.2　任何一方对在订立、履行合同过程中知悉的对方商业秘密及个人信息负有保密义务，不得泄露或者不正当地使用。该义务在合同终止后3年内继续有效。",
                "6.3　乙方有权在授权区域内使用“沃野”“WOYE”注册商标进行广告宣传，但应当事先将宣传内容送甲方审核。合同终止后，乙方应当立即停止使用。",
            ],
        ),
        (
            "第七条　违约责任",
            &[
                "7.1　甲方逾期交货的，每逾期一日，应当按照逾期部分货款的0.5‰向乙方支付违约金；逾期超过15日的，乙方有权取消该订单。",
                "7.2　乙方逾期付款的，每逾期一日，应当按照逾期款项的0.5‰向甲方支付违约金；逾期超过30日的，甲方有权暂停供货、解除合同，并要求乙方赔偿损失。",
            ],
        ),
        (
            "第八条　合同的变更、解除与终止",
            &[
                "8.1　对本合同的任何变更，应当由双方签订书面补充协议；补充协议与本合同不一致的，以补充协议为准。",
                "8.2　合同期满前60日，双方可以就续签进行协商；期满未续签的，合同自行终止，未执行完毕的订单继续履行。",
            ],
        ),
        (
            "第九条　争议解决",
            &[
                "因本合同引起的或者与本合同有关的任何争议，双方应当协商解决；协商不成的，任何一方均可以向甲方住所地有管辖权的人民法院提起诉讼。",
            ],
        ),
        (
            "第十条　其他",
            &[
                "10.1　本合同一式肆份，甲乙双方各执贰份，具有同等法律效力，自双方法定代表人或者授权代表签字并加盖公章（或者合同专用章）之日起生效。附件为本合同不可分割的组成部分。",
            ],
        ),
    ])
}

/// A dealer agreement, signed.
pub fn english() -> Sheet {
    let mut blocks = vec![Block::Parties {
        own: side(
            "Party A (the Supplier)",
            &[
                ("Name", "Jiangsu Woye Advanced Materials Co., Ltd."),
                ("Registration No.", "91320594MA1P7T4X3K"),
                ("Legal representative", "Chen Siyuan (陈思远)"),
                (
                    "Address",
                    "Room 1201, Building 5, 328 Xinghu Street, Suzhou Industrial Park, Jiangsu, China",
                ),
                ("Bank", "China Construction Bank, Suzhou Industrial Park Branch"),
                ("Account", "3225 0198 8436 0000 1276"),
            ],
        ),
        other: side(
            "Party B (the Dealer)",
            &[
                ("Name", "Łódź Dach i Izolacja Sp. z o.o."),
                ("Registration No.", "PL 725-228-09-41"),
                ("Legal representative", "Małgorzata Wiśniewska"),
                ("Address", "ul. Piotrkowska 116, 90-006 Łódź, Poland"),
                ("Bank", "mBank S.A., Warszawa"),
                ("IBAN", "PL61 1090 1014 0000 0712 1981 2874"),
            ],
        ),
    }];
    blocks.push(paragraph(
        "This Agreement is made between the parties named above. The Supplier makes waterproofing materials under the trade mark “WOYE” (the “Products”); the Dealer wishes to buy the Products and to resell them in its own name and for its own account. The parties therefore agree as follows.",
    ));
    blocks.extend(english_goods());
    blocks.extend(english_rest());
    Sheet {
        language: PrintLanguage::En,
        title: "Dealer Agreement".into(),
        number: Some("WY-EX-2026-0042".into()),
        mark: None,
        blocks,
        signatures: vec![
            signature(
                "For and on behalf of the Supplier",
                &[
                    ("Signature", None),
                    ("Name", Some("Chen Siyuan")),
                    ("Title", Some("Chairman")),
                    ("Date", None),
                ],
            ),
            signature(
                "For and on behalf of the Dealer",
                &[
                    ("Signature", None),
                    ("Name", Some("Małgorzata Wiśniewska")),
                    ("Title", Some("Prezes Zarządu")),
                    ("Date", None),
                ],
            ),
        ],
        annexes: strings(&[
            "Price list for 2026",
            "Territory and points of sale",
            "Undertaking on fair dealing",
        ]),
    }
}

const ENGLISH_GOODS: &[&[&str]] = &[
    &[
        "1",
        "Polyurethane waterproof coating, one component",
        "SPU-301 / 20 kg",
        "4,800",
        "39.80",
        "191,040.00",
    ],
    &[
        "2",
        "Polymer-modified cement coating",
        "JS-II / 18 kg",
        "3,600",
        "23.85",
        "85,860.00",
    ],
    &[
        "3",
        "SBS modified bitumen membrane",
        "PY PE 4.0 mm",
        "2,150",
        "44.20",
        "95,030.00",
    ],
    &[
        "4",
        "Self-adhesive membrane",
        "N PET 1.5 mm",
        "1,100",
        "33.11",
        "36,421.00",
    ],
];

fn english_goods() -> Vec<Block> {
    let mut blocks = clauses(&[
        (
            "1. Appointment and Territory",
            &[
                "1.1 The Supplier appoints the Dealer as its non-exclusive dealer for the Products in the Republic of Poland (the “Territory”) from 1 April 2026 to 31 March 2027. The Dealer shall not assign this Agreement, nor appoint sub-dealers, without the Supplier’s prior written consent.",
                "1.2 The Dealer shall keep at least three points of sale in the Territory, fitted out in accordance with the Supplier’s Visual Identity Manual (version 4.2), and shall open the first of them within ninety days after this Agreement comes into force.",
            ],
        ),
        (
            "2. Products, Quantities and Prices",
            &[
                "2.1 During the term the Dealer undertakes to buy the following Products. Prices are in US dollars, CIF Gdańsk (Incoterms® 2020), and exclude import duties and value added tax.",
            ],
        ),
    ]);
    blocks.push(table(
        vec![
            column("No.", 5, false),
            column("Product", 22, false),
            column("Model", 14, false),
            column("Quantity", 9, true),
            column("Unit price", 10, true),
            column("Amount (USD)", 14, true),
        ],
        ENGLISH_GOODS,
        Some(&["", "Total", "", "11,650", "", "408,351.00"]),
    ));
    blocks.extend(clauses(&[(
        "3. Payment and Rebates",
        &[
            "3.1 The Dealer shall pay thirty per cent of each order by telegraphic transfer upon confirmation of the order, and the balance against a copy of the bill of lading.",
            "3.2 Where the Dealer’s payments in the contract year reach the thresholds below, the Supplier shall grant a rebate on the net amount received, to be set off against orders placed before 30 April of the following year.",
        ],
    )]));
    blocks.push(table(
        vec![
            column("Payments received (USD)", 4, false),
            column("Rebate", 2, true),
            column("Granted as", 4, false),
        ],
        &[
            &["300,000 to 399,999", "1.5%", "Set-off"],
            &["400,000 to 549,999", "2.0%", "Set-off"],
            &["550,000 and above", "3.0%", "Set-off, and USD 3,000 towards marketing"],
        ],
        None,
    ));
    blocks
}

fn english_rest() -> Vec<Block> {
    clauses(&[
        (
            "4. Orders, Delivery and Acceptance",
            &[
                "4.1 Orders shall be placed in writing at least forty-five days before the requested date of shipment and bind the Supplier once confirmed. Risk passes to the Dealer when the Products have been placed on board the vessel at the port of shipment.",
                "4.2 The Dealer shall examine the Products on arrival and shall notify the Supplier of any shortage or apparent defect within fourteen days. Failing such notice the Products are deemed accepted.",
            ],
        ),
        (
            "5. Quality and Warranty",
            &[
                "5.1 The Supplier warrants that the Products conform to their data sheets and to the standards stated therein, and shall provide a certificate of analysis with each shipment.",
                "5.2 Where an inspection body appointed by both parties finds that Products do not conform, the Supplier shall replace them or refund their price, and shall bear the cost of inspection and carriage.",
            ],
        ),
        (
            "6. Trade Marks and Confidentiality",
            &[
                "6.1 The Dealer may use the trade mark “WOYE” to advertise the Products in the Territory.",
                "6.2 Each party shall keep confidential the business secrets and personal data of the other which come to its knowledge in the course of this Agreement. This obligation survives the end of this Agreement by three years.",
            ],
        ),
        (
            "7. Default",
            &[
                "7.1 A party which is late in delivery or in payment shall pay liquidated damages of 0.05 per cent of the amount in arrears for each day of delay.",
                "7.2 Where the delay exceeds thirty days, the other party may suspend its own performance or terminate this Agreement by written notice.",
            ],
        ),
        (
            "8. Term, Amendment and Termination",
            &[
                "8.1 Amendments to this Agreement are valid only in writing, signed by both parties.",
                "8.2 Either party may terminate this Agreement by giving three months’ written notice.",
            ],
        ),
        (
            "9. Governing Law and Disputes",
            &[
                "This Agreement is governed by the laws of the People’s Republic of China, including the United Nations Convention on Contracts for the International Sale of Goods. Any dispute arising out of or in connection with it shall be submitted to the China International Economic and Trade Arbitration Commission (CIETAC) for arbitration in Shanghai in the English language.",
            ],
        ),
        (
            "10. Miscellaneous",
            &[
                "This Agreement is made in four originals, two for each party, all of which have the same effect. It comes into force upon signature by both parties. The annexes form an integral part of it.",
            ],
        ),
    ])
}
