//! What stands on the pages, as another program reads it from the PDF.

#[path = "print/pages.rs"]
mod pages;
#[path = "print/samples.rs"]
mod samples;

use cardea_domain::contract::print::{Block, PrintLanguage, Sheet, Side, Signature, Table};
use cardea_print::{MAX_CHARACTERS, MAX_ROWS, MAX_WORD, PrintError, missing, pdf};
use pages::{texts, words};

/// Of A4 with 42 characters of 10.5 points a line.
const MARGIN: f64 = (595.276 - 441.0) / 2.0;
const RIGHT: f64 = 595.276 - MARGIN;

fn empty(language: PrintLanguage) -> Sheet {
    Sheet {
        language,
        title: String::new(),
        number: None,
        mark: None,
        blocks: Vec::new(),
        signatures: Vec::new(),
        annexes: Vec::new(),
    }
}

fn of(blocks: Vec<Block>) -> Sheet {
    Sheet {
        blocks,
        ..empty(PrintLanguage::Zh)
    }
}

fn paragraph(text: impl Into<String>) -> Block {
    Block::Paragraph { text: text.into() }
}

fn bare(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The beginnings and ends of what a sheet says, in the order of printing; between them a page may end.
fn said(sheet: &Sheet) -> Vec<String> {
    let mut all = vec![sheet.title.clone()];
    for block in &sheet.blocks {
        match block {
            Block::Heading { text } | Block::Paragraph { text } => all.push(text.clone()),
            Block::Parties { own, other } => all.extend([own.role.clone(), other.role.clone()]),
            Block::Table(table) => {
                all.extend(table.columns.iter().map(|column| column.label.clone()));
                all.extend(table.rows.iter().chain(&table.foot).flatten().cloned());
            }
        }
    }
    all.extend(sheet.signatures.iter().map(|signature| signature.role.clone()));
    all.extend(sheet.annexes.clone());
    let ends = |text: String| {
        let letters: Vec<char> = bare(&text).chars().collect();
        let few = letters.len().min(12);
        [
            letters[..few].iter().collect(),
            letters[letters.len() - few..].iter().collect(),
        ]
    };
    all.into_iter().flat_map(ends).collect()
}

#[test]
fn a_contract_has_all_its_texts_in_order_on_three_pages() {
    for sheet in [samples::chinese(), samples::english()] {
        let Some(pages) = texts(&sheet) else { return };
        assert_eq!(pages.len(), 3, "{}", sheet.title);
        let whole = bare(&pages.concat());
        let mut at = 0;
        for text in said(&sheet) {
            let found = whole[at..].find(&text);
            at += found.unwrap_or_else(|| panic!("{text} isn't there or too early: {}", &whole[at..]));
        }
        let Some(Block::Parties { own, other }) = sheet.blocks.first() else {
            panic!("parties come first")
        };
        for (label, text) in own.facts.iter().chain(&other.facts) {
            let first = bare(&pages[0]);
            assert!(first.contains(&bare(label)), "{label}");
            let few: String = bare(text).chars().take(8).collect();
            assert!(first.contains(&few), "{text}");
        }
    }
}

#[test]
fn every_page_has_its_number_the_filing_number_and_the_mark() {
    let english = Sheet {
        mark: Some("DRAFT".into()),
        ..samples::english()
    };
    for sheet in [
        samples::chinese(),
        english,
        Sheet {
            mark: None,
            ..samples::chinese()
        },
    ] {
        let Some(pages) = texts(&sheet) else { return };
        for (i, page) in pages.iter().map(|page| bare(page)).enumerate() {
            let (n, all) = (i + 1, pages.len());
            let count = match sheet.language {
                PrintLanguage::Zh => format!("第{n}页共{all}页"),
                PrintLanguage::En => format!("Page{n}of{all}"),
            };
            assert!(page.contains(&count), "{count}: {page}");
            assert!(page.contains(sheet.number.as_deref().unwrap()), "{page}");
            match &sheet.mark {
                Some(mark) => assert!(page.contains(mark), "{mark}: {page}"),
                None => assert!(!page.contains("草稿"), "{page}"),
            }
        }
    }
}

#[test]
fn paragraphs_are_indented_and_no_line_begins_with_a_mark_that_closes() {
    let Some(words) = words(&samples::chinese()) else {
        return;
    };
    let begin = |text: &str| words.iter().find(|word| word.text.starts_with(text)).unwrap().from;
    // Two characters, also after a heading.
    for text in ["根据", "1.1", "1.2", "因本合同"] {
        assert!((begin(text) - MARGIN - 21.0).abs() < 0.5, "{text}: {}", begin(text));
    }
    let first: Vec<_> = words.iter().filter(|word| word.from < MARGIN + 1.0).collect();
    assert!(first.len() > 50, "{}", first.len());
    for word in first {
        assert!(word.from > MARGIN - 1.0, "{}", word.text);
        assert!(
            !word.text.starts_with(['，', '。', '；', '：', '、', '）', '》', '”']),
            "{}",
            word.text
        );
    }
}

#[test]
fn the_file_tells_its_title_and_language() {
    for (sheet, language) in [(samples::chinese(), "zh-CN"), (samples::english(), "en")] {
        let printed = pdf(&sheet).unwrap();
        let plain = String::from_utf8_lossy(&printed);
        assert!(plain.contains(&format!("/Lang({language})")), "{language}");
        assert!(plain.contains(&format!(">{}</rdf:li></rdf:Alt></dc:title>", sheet.title)));
    }
}

#[test]
fn the_same_sheet_is_the_same_file_whichever_thread_prints_it() {
    let first = pdf(&samples::chinese()).unwrap();
    let threads: Vec<_> = (0..4)
        .map(|i| {
            std::thread::spawn(move || {
                pdf(&if i % 2 == 0 {
                    samples::chinese()
                } else {
                    samples::english()
                })
                .unwrap()
            })
        })
        .collect();
    let printed: Vec<Vec<u8>> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(printed[0] == first && printed[2] == first && printed[1] == printed[3]);
    assert!(printed[1] != first);
    // Neither the day nor the machine is in it.
    assert!(!first.windows(12).any(|bytes| bytes == b"CreationDate"));
}

#[test]
fn a_heading_is_never_last_on_its_page() {
    for lines in 34..42 {
        let mut blocks: Vec<Block> = (0..lines).map(|i| paragraph(format!("第{i}行"))).collect();
        blocks.push(Block::Heading {
            text: "第一条　标题".into(),
        });
        blocks.push(paragraph("条款正文"));
        let Some(pages) = texts(&of(blocks)) else { return };
        let page = pages.iter().find(|page| page.contains("标题")).unwrap();
        assert!(page.contains("条款正文"), "after {lines} lines");
    }
}

#[test]
fn a_long_table_repeats_its_head_and_keeps_its_foot_with_the_last_row() {
    let columns = vec![samples::column("序号", 1, false), samples::column("金额", 2, true)];
    for count in [200, 35, 36, 37, 38, 39, 40] {
        let rows = (1..=count).map(|i| vec![format!("行{i}"), format!("{i}.00")]).collect();
        let foot = Some(vec!["合计".into(), "20,100.00".into()]);
        let table = Block::Table(Table {
            columns: columns.clone(),
            rows,
            foot,
        });
        let Some(pages) = texts(&of(vec![table])) else { return };
        assert!(pages.iter().all(|page| page.contains("序号")), "{count} rows");
        let last = bare(pages.last().unwrap());
        assert!(
            last.contains("合计") && last.contains(&format!("行{count}")),
            "{count} rows"
        );
    }
}

#[test]
fn what_is_long_stays_between_the_margins_and_is_whole_where_it_is_copied() {
    let account = "62220210011162457026222021001116245702";
    let columns = (1..9).map(|i| samples::column("账号ACCOUNT", i, i % 2 == 0)).collect();
    let side = Side {
        role: "甲方".into(),
        facts: vec![(account.into(), account.into())],
    };
    let mut sheet = of(vec![
        paragraph(account.repeat(9)),
        Block::Heading {
            text: account.repeat(3),
        },
        Block::Parties {
            own: side.clone(),
            other: side,
        },
        Block::Table(Table {
            columns,
            rows: vec![vec![account.into(); 8]],
            foot: Some(vec![account.into(); 8]),
        }),
    ]);
    sheet.title = "W".repeat(80);
    sheet.number = Some(account.repeat(3));
    let line = (account.to_owned(), Some(account.to_owned()));
    sheet.signatures = vec![
        Signature {
            role: account.into(),
            lines: vec![line]
        };
        2
    ];
    sheet.annexes = vec![account.repeat(3)];
    let Some(all) = words(&sheet) else { return };
    for word in all {
        // Punctuation may hang out a little.
        assert!(word.to < RIGHT + 2.0, "{} ends at {}", word.text, word.to);
    }
    let whole = texts(&sheet).unwrap().concat();
    assert!(!whole.contains('\u{200b}'));
    assert!(bare(&whole).contains(&account.repeat(9)));
    let punctuation = of(vec![paragraph("。".repeat(200))]);
    let all = words(&punctuation).unwrap();
    assert!(all.iter().all(|word| word.to < RIGHT + 6.0));
    let cells = bare(&whole).matches(account).count();
    assert!(cells >= 9 + 3 + 4 + 16 + 3 + 2 + 3, "{cells}");
}

#[test]
fn texts_are_data_not_markup() {
    let text = r#"#panic("x") #[a] $x^2$ <b> @c *d* _e_ `f` // g \ h "#;
    let Some(pages) = texts(&of(vec![paragraph(text)])) else {
        return;
    };
    assert!(bare(&pages[0]).contains(&bare(text)), "{}", pages[0]);
    // What turns the direction of writing is left out, lines and tabs are kept apart.
    let Some(pages) = texts(&of(vec![paragraph("付\u{202e}款\u{200b}人\r\n收\t款\u{7}人")])) else {
        return;
    };
    let lines: Vec<&str> = pages[0]
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(lines[..2], ["付款人", "收 款人"]);
}

#[test]
fn a_character_that_no_font_has_is_told_and_the_rest_printed() {
    let mut sheet = of(vec![
        paragraph("甲\u{1f600}方𪚥\u{1f600}\u{200b}\n"),
        paragraph("〇㎡①½€ŁńǎĞ☑喆昇軒䶮"),
    ]);
    assert_eq!(missing(&sheet), ['\u{1f600}', '𪚥']);
    sheet.blocks.remove(1);
    sheet.annexes.push("ก".into());
    assert_eq!(missing(&sheet), ['ก', '\u{1f600}', '𪚥']);
    let Some(pages) = texts(&sheet) else { return };
    assert!(pages[0].contains('甲') && pages[0].contains('方'), "{}", pages[0]);
    for sheet in [samples::chinese(), samples::english()] {
        assert!(missing(&sheet).is_empty(), "{:?}", missing(&sheet));
    }
}

#[test]
fn an_empty_sheet_is_an_empty_page() {
    let Some(pages) = texts(&empty(PrintLanguage::Zh)) else {
        return;
    };
    assert_eq!(pages.iter().map(|page| bare(page)).collect::<Vec<_>>(), ["第1页共1页"]);
    let Some(pages) = texts(&empty(PrintLanguage::En)) else {
        return;
    };
    assert_eq!(pages.iter().map(|page| bare(page)).collect::<Vec<_>>(), ["Page1of1"]);
    let column = samples::column("", 0, false);
    let table = Table {
        columns: vec![column.clone(), column],
        rows: vec![Vec::new()],
        foot: Some(Vec::new()),
    };
    let nothing = Table {
        columns: Vec::new(),
        rows: Vec::new(),
        foot: None,
    };
    let mut sheet = of(vec![
        paragraph(""),
        Block::Heading { text: String::new() },
        Block::Table(table),
    ]);
    sheet.blocks.push(Block::Table(nothing));
    sheet.signatures.push(Signature {
        role: String::new(),
        lines: Vec::new(),
    });
    assert!(pdf(&sheet).unwrap().starts_with(b"%PDF-"));
}

#[test]
fn forty_thousand_characters_are_all_there() {
    let text = "甲乙双方在平等、自愿、公平和诚实信用的基础上订立本合同。".repeat(72);
    let blocks = (0..20).map(|_| paragraph(text.clone())).collect();
    let Some(pages) = texts(&of(blocks)) else { return };
    assert!(pages.len() > 20, "{}", pages.len());
    let found: usize = pages.iter().map(|page| page.matches('诚').count()).sum();
    assert_eq!(found, 72 * 20);
}

#[test]
fn too_much_is_refused() {
    let most = MAX_CHARACTERS;
    let sheet = of(vec![paragraph("字".repeat(most)), paragraph("字")]);
    assert_eq!(
        pdf(&sheet),
        Err(PrintError::TooLong {
            what: "characters",
            found: most + 1,
            most
        })
    );
    let word = of(vec![paragraph(format!("字{} 字", "9".repeat(2_001)))]);
    let most = MAX_WORD;
    assert_eq!(
        pdf(&word),
        Err(PrintError::TooLong {
            what: "characters of one word",
            found: most + 1,
            most
        })
    );
    let columns = vec![samples::column("列", 1, false)];
    let table = |rows: usize, foot| {
        of(vec![Block::Table(Table {
            columns: columns.clone(),
            rows: vec![vec!["1".into()]; rows],
            foot,
        })])
    };
    let most = MAX_ROWS;
    assert_eq!(
        pdf(&table(most + 1, None)),
        Err(PrintError::TooLong {
            what: "rows",
            found: most + 1,
            most
        })
    );
    let foot = Some(vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!(pdf(&table(1, foot)), Err(PrintError::Cells { found: 2, columns: 1 }));
    let many = pdf(&of(vec![paragraph(""); 20_000])).unwrap_err();
    assert_eq!(many.to_string(), "20001 texts are too many to print: at most 20000");
}
