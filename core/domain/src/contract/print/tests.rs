use super::fixture::{day, empty, full, headings, lines, value};
use super::sheet::PrintLanguage::{self, En, Zh};
use super::*;
use crate::contract::{ContractState, Element, lines::totals};
use crate::error::Text;
use proptest::prelude::*;

fn clause(heading: Option<&str>, body: &str, when: Option<&str>) -> Clause {
    Clause {
        heading: heading.map(|heading| Text::new(heading, heading)),
        body: Text::new(body, body),
        when: when.map(str::to_owned),
    }
}

fn template(clauses: Vec<Clause>) -> Template {
    Template {
        title: Text::new("合同", "Contract"),
        clauses,
        annexes: Vec::new(),
    }
}

fn paragraphs(sheet: &Sheet) -> Vec<&str> {
    let blocks = sheet.blocks.iter();
    blocks
        .filter_map(|block| match block {
            Block::Paragraph { text } | Block::Heading { text } => Some(text.as_str()),
            Block::Parties { .. } | Block::Table(_) => None,
        })
        .collect()
}

fn tables(sheet: &Sheet) -> Vec<&Table> {
    let blocks = sheet.blocks.iter();
    blocks
        .filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        })
        .collect()
}

fn said(body: &str, contract: &PrintedContract, language: PrintLanguage) -> Vec<String> {
    let sheet = sheet(&template(vec![clause(None, body, None)]), contract, language);
    paragraphs(&sheet).into_iter().map(str::to_owned).collect()
}

#[test]
fn d_con_2_placeholders_become_what_the_contract_says() {
    let contract = full(ShippedTemplate::Dealer);
    let body = "{own_party.name}|{other_party.tax_number}|{elements.quality}|{amount}|{amount_in_words}|{starts_on}|\
                {signed_on}|{number}|{title}|{supplement}|{main_number}|{values.deposit}|{{amount}}";
    let rest = "|JX-2026-001|年度合同|2|JX-2025-009|deposit|{amount}";
    assert_eq!(
        said(body, &contract, Zh),
        [format!(
            "own name|other tax_number|@quality@|￥17,363.58|人民币壹万柒仟叁佰陆拾叁元伍角捌分|2026年3月2日|2026年3月1日{rest}"
        )]
    );
    assert_eq!(
        said(body, &contract, En),
        [format!(
            "own name|other tax_number|@quality@|CNY 17,363.58|CNY seventeen thousand three hundred and sixty-three and 58/100|\
             2 March 2026|1 March 2026{rest}"
        )]
    );
}

#[test]
fn d_con_2_what_is_absent_is_a_line_to_write_on() {
    let mut contract = empty();
    contract.own_party.name = Some(" ".into());
    let body = "甲方：{own_party.name}，{amount}\n{ends_on}\n\n{lines}\n{values.gone}";
    assert_eq!(
        said(body, &contract, Zh),
        ["甲方：＿＿＿＿，＿＿＿＿", "＿＿＿＿", "＿＿＿＿"]
    );
    assert_eq!(said(body, &contract, En), ["甲方：____，____", "____", "____"]);
}

#[test]
fn d_con_2_line_breaks_of_a_value_are_paragraphs_where_it_stands_alone() {
    let mut contract = empty();
    contract
        .elements
        .insert(Element::Quality, "一\r\n\r\n二\n三\u{202e}".into());
    assert_eq!(said("  {elements.quality} ", &contract, Zh), ["一", "二", "三"]);
    assert_eq!(said("质量：{elements.quality}。", &contract, Zh), ["质量：一  二 三。"]);
}

#[test]
fn d_con_2_clauses_are_left_out_and_numbers_run_on() {
    let mut contract = empty();
    contract.values.insert("yes".into(), value("是"));
    contract.values.insert(
        "no".into(),
        ValuePrinted {
            is_false: true,
            ..value("否")
        },
    );
    contract.values.insert("blank".into(), value(" "));
    contract.lines = lines();
    contract.totals = totals(&contract.lines).expect("totals");
    let clauses = vec![
        clause(Some("A"), "a", None),
        clause(Some("B"), "b", Some("values.no")),
        clause(None, "free", Some("values.yes")),
        clause(Some("C"), "c", Some("values.blank")),
        clause(Some("D"), "d", Some("amount")),
        clause(Some("E"), "{lines}", Some("lines")),
        clause(Some("F"), "f", Some("milestones")),
        clause(Some("G"), "{rebate}", None),
        clause(Some("H"), "h", Some("nonsense")),
        clause(Some("I"), "{values.no}", None),
    ];
    let template = template(clauses);
    let zh = sheet(&template, &contract, Zh);
    assert_eq!(
        paragraphs(&zh),
        ["第一条 A", "a", "free", "第二条 E", "第三条 I", "否"],
        "a heading without anything below it is left out too"
    );
    assert_eq!(
        headings(&sheet(&template, &contract, En)),
        ["Article 1  A", "Article 2  E", "Article 3  I"]
    );
}

#[test]
fn d_con_2_marks_say_that_it_isnt_signed() {
    let marks = |signed: bool| -> Vec<Option<String>> {
        let print = |state: &ContractState| {
            let contract = PrintedContract {
                state: *state,
                signed_on: signed.then(|| day(2026, 3, 1)),
                ..empty()
            };
            sheet(&template(Vec::new()), &contract, Zh).mark
        };
        ContractState::ALL.iter().map(print).collect()
    };
    let draft = ["草稿", "审批中", "待签署"].map(|mark| Some(mark.to_owned()));
    let never = Some("未签署".to_owned());
    assert_eq!(marks(true), [&draft[..], &[None, None, None, None, None]].concat());
    assert_eq!(marks(false), [&draft[..], &[None, None, None, None, never]].concat());
}

#[test]
fn d_con_2_both_sign_and_annexes_follow() {
    let mut contract = full(ShippedTemplate::Dealer);
    let mut template = template(Vec::new());
    template.annexes = vec![Text::new("{title}附表", "Annex of {title}")];
    contract.other_party.signatory = None;
    let signed = sheet(&template, &contract, Zh);
    assert_eq!(signed.annexes, ["年度合同附表", "营业执照.pdf"]);
    assert_eq!(signed.number.as_deref(), Some("JX-2026-001"));
    let own = &signed.signatures[0];
    assert_eq!(own.role, "甲方（盖章）");
    let line = |signature: &Signature, label: &str| {
        let found = signature.lines.iter().find(|(known, _)| known == label);
        found.map(|(_, text)| text.clone())
    };
    let some = |text: &str| Some(Some(text.to_owned()));
    assert_eq!(line(own, "法定代表人或授权代表"), some("own signatory"));
    assert_eq!(line(own, "日期"), some("2026年3月1日"));
    assert_eq!(line(own, "签订地点"), some("@signing_place@"));
    assert_eq!(line(own, "签字"), Some(None), "nobody signs by print");
    assert_eq!(
        line(&signed.signatures[1], "法定代表人或授权代表"),
        some("other legal_representative")
    );
    let open = sheet(&template, &empty(), En);
    assert_eq!(open.signatures[0].role, "Party A (seal)");
    assert!(
        open.signatures
            .iter()
            .all(|one| one.lines.iter().all(|(_, known)| known.is_none()))
    );
    assert_eq!(line(&open.signatures[1], "Place of signing"), None);
}

/// What a cell shows, in cents.
fn cents(cell: &str) -> i64 {
    cell.replace([',', '.'], "")
        .parse()
        .unwrap_or_else(|_| panic!("no amount: {cell}"))
}

#[test]
fn d_con_2_the_table_of_goods_adds_up_to_the_totals() {
    let contract = full(ShippedTemplate::Dealer);
    let print = sheet(&template(vec![clause(None, "{lines}", None)]), &contract, Zh);
    let table = tables(&print)[0];
    let labels: Vec<&str> = table.columns.iter().map(|column| column.label.as_str()).collect();
    assert_eq!(
        labels,
        [
            "序号",
            "名称",
            "品牌",
            "单位",
            "数量",
            "单价（元）",
            "税率",
            "不含税金额（元）",
            "税额（元）",
            "价税合计（元）"
        ]
    );
    assert_eq!(
        table.rows,
        [
            [
                "1",
                "洗发水",
                "清扬",
                "箱",
                "12",
                "1,268.00（不含税）",
                "13%",
                "15,216.00",
                "1,978.08",
                "17,194.08"
            ],
            [
                "2",
                "护发素",
                "清扬",
                "箱",
                "1.5",
                "113.00（含税）",
                "13%",
                "150.00",
                "19.50",
                "169.50"
            ],
        ]
    );
    let foot = table.foot.as_ref().expect("sums");
    let sum = contract.totals.sum;
    for (column, wanted) in [(7, sum.amount), (8, sum.tax), (9, sum.total)] {
        let added: i64 = table.rows.iter().map(|row| cents(&row[column])).sum();
        assert_eq!((added, cents(&foot[column])), (wanted, wanted));
    }
}

#[test]
fn d_con_2_parties_milestones_and_rebates_are_blocks() {
    let contract = full(ShippedTemplate::Dealer);
    let body = "{parties}\n{milestones}\n{rebate}";
    let template = template(vec![clause(None, body, None)]);
    let print = sheet(&template, &contract, Zh);
    let Block::Parties { own, other } = &print.blocks[0] else {
        panic!("no parties: {:?}", print.blocks[0]);
    };
    assert_eq!((own.role.as_str(), other.role.as_str()), ("甲方", "乙方"));
    assert_eq!(own.facts[0], ("名称".to_owned(), "own name".to_owned()));
    assert_eq!(own.facts.len(), 8);
    let found = tables(&print);
    assert_eq!(found[0].rows, [["1", "付款", "2026年4月30日", "5,000.00", "首付款"]]);
    assert_eq!(found[1].rows, [["1", "100,000.00", "2%"], ["2", "500,000.00", "2.5%"]]);
    let sentence = paragraphs(&print)[0];
    assert!(
        sentence.contains("自然季度") && sentence.contains("税率为13%"),
        "{sentence}"
    );
    let bare = sheet(&template, &empty(), En);
    let [Block::Parties { own, .. }] = &bare.blocks[..] else {
        panic!("parties alone: {:?}", bare.blocks);
    };
    let blank = |label: &str| (label.to_owned(), "____".to_owned());
    assert_eq!(own.facts, [blank("Name"), blank("Address"), blank("Contact")]);
}

/// Anything, with many braces and known names in it.
fn any_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        ".{0,4}",
        "[{}\n\r]{1,3}",
        Just("{amount}".to_owned()),
        Just("{lines}".to_owned()),
        Just("{parties}\n".to_owned()),
        Just("{elements.quality}".to_owned()),
        Just("{values.x}".to_owned()),
    ];
    proptest::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn d_con_2_anything_can_be_printed(
        title in any_text(), heading in any_text(), body in any_text(), when in any_text(), text in any_text(),
        amount in any::<i64>(), currency in "[A-Z]{0,3}", number in any::<i32>(),
    ) {
        let mut contract = full(ShippedTemplate::VehicleSale);
        contract.title = text.clone();
        contract.elements.insert(Element::Quality, text.clone());
        contract.values.insert("x".into(), value(&text));
        contract.amount = Some(amount);
        contract.currency = currency;
        contract.supplement = Some(number);
        contract.totals.lines.clear();
        contract.lines[0].quantity = amount;
        contract.annexes.push(text);
        let mut template = template(vec![clause(Some(&heading), &body, None), clause(None, &body, Some(&when))]);
        template.title = Text::new(title.clone(), title);
        template.faults(&["x"]);
        for language in [Zh, En] {
            let print = sheet(&template, &contract, language);
            prop_assert_eq!(print.signatures.len(), 2);
            for table in tables(&print) {
                let wide = table.columns.len();
                prop_assert!(table.rows.iter().chain(&table.foot).all(|row| row.len() == wide));
            }
            prop_assert!(paragraphs(&print).iter().all(|text| !text.contains(['\n', '\r'])));
        }
    }

    #[test]
    fn d_con_2_what_people_write_is_never_read_as_a_template(text in any_text()) {
        let mut contract = empty();
        contract.elements.insert(Element::Quality, text.clone());
        let alone = said("{elements.quality}", &contract, Zh);
        let plain = |line: &str| {
            let seen: String = line.chars().map(|c| if crate::braces::is_unprintable(c) { ' ' } else { c }).collect();
            seen.trim().to_owned()
        };
        let wanted: Vec<String> = text.split(['\n', '\r']).map(plain).filter(|line| !line.is_empty()).collect();
        prop_assert!(alone == wanted || alone == ["＿＿＿＿"], "{:?}", alone);
        if text.contains(['{', '}']) {
            prop_assert_eq!(alone, wanted);
        }
        let braces = |text: &str| text.matches(['{', '}']).count();
        let within: String = said("-{elements.quality}-", &contract, En).concat();
        prop_assert_eq!(braces(&within), braces(&text));
    }
}
