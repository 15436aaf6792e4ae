//! A contract put into its template: paragraphs, tables, signatures.

use super::placeholder::{BlockName, Placeholder, holds};
use super::sheet::PrintLanguage::{self, En, Zh};
use super::sheet::{Block, Sheet, Signature};
use super::template::{Clause, Template};
use super::writing::{self, in_language, one_line};
use super::{PrintedContract, tables};
use crate::braces::{Piece, is_unprintable, pieces};
use crate::contract::{ContractState, Element, Party};
use crate::error::Text;

/// The contract as its template says it. Values are put in as they are and never searched for placeholders; a line
/// break in one begins a paragraph where its placeholder stands alone in a line, and is a blank elsewhere. A clause
/// that depends on what is absent is left out, as is one whose body comes to nothing; numbers run on without a gap.
pub fn sheet(template: &Template, contract: &PrintedContract, language: PrintLanguage) -> Sheet {
    let print = Print { contract, language };
    let mut blocks = Vec::new();
    let mut number = 0;
    for clause in &template.clauses {
        print.clause(clause, &mut number, &mut blocks);
    }
    let of_template = template.annexes.iter().map(|annex| print.text(annex));
    let own = contract.annexes.iter().map(|annex| one_line(annex));
    Sheet {
        language,
        title: print.text(&template.title),
        number: contract.number.as_deref().map(one_line),
        mark: mark(contract).map(|mark| in_language(&mark, language).to_owned()),
        blocks,
        signatures: vec![print.signature(true), print.signature(false)],
        annexes: of_template.chain(own).collect(),
    }
}

/// What stands across the pages of what isn't signed.
fn mark(contract: &PrintedContract) -> Option<Text> {
    match contract.state {
        ContractState::Draft => Some(Text::new("草稿", "DRAFT")),
        ContractState::InReview => Some(Text::new("审批中", "IN REVIEW")),
        ContractState::Approved => Some(Text::new("待签署", "NOT YET SIGNED")),
        // A draft can be archived too.
        ContractState::Archived if contract.signed_on.is_none() => Some(Text::new("未签署", "NEVER SIGNED")),
        ContractState::Signed
        | ContractState::InForce
        | ContractState::Expired
        | ContractState::Terminated
        | ContractState::Archived => None,
    }
}

struct Print<'a> {
    contract: &'a PrintedContract,
    language: PrintLanguage,
}

impl Print<'_> {
    fn clause(&self, clause: &Clause, number: &mut usize, blocks: &mut Vec<Block>) {
        let when = clause.when.as_deref();
        if !when.is_none_or(|name| holds(name, self.contract, self.language)) {
            return;
        }
        let body: Vec<Block> = in_language(&clause.body, self.language)
            .lines()
            .flat_map(|line| self.line(line.trim()))
            .collect();
        if body.is_empty() {
            return;
        }
        if let Some(heading) = &clause.heading {
            *number += 1;
            blocks.push(Block::Heading {
                text: writing::heading(*number, &self.text(heading), self.language),
            });
        }
        blocks.extend(body);
    }

    fn line(&self, line: &str) -> Vec<Block> {
        let name = line.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        if let Some(block) = name.and_then(|name| name.parse::<BlockName>().ok()) {
            return tables::blocks(block, self.contract, self.language);
        }
        let alone = name.and_then(Placeholder::read);
        let texts = match alone.and_then(|placeholder| placeholder.text(self.contract, self.language)) {
            Some(value) => value.split(['\n', '\r']).map(one_line).collect(),
            None => vec![self.filled(line)],
        };
        let said = texts.into_iter().filter(|text| !text.trim().is_empty());
        said.map(|text| Block::Paragraph { text }).collect()
    }

    /// A text of the template in the sheet's language, with its values.
    fn text(&self, text: &Text) -> String {
        self.filled(in_language(text, self.language))
    }

    fn filled(&self, line: &str) -> String {
        let mut filled = String::with_capacity(line.len());
        for (_, piece) in pieces(line) {
            match piece {
                Piece::Plain(c) | Piece::Lone(c) => filled.push(if is_unprintable(c) { ' ' } else { c }),
                Piece::Name(name) => {
                    let value = Placeholder::read(name).and_then(|known| known.text(self.contract, self.language));
                    match value {
                        Some(value) => filled.push_str(&one_line(&value)),
                        None => filled.push_str(writing::blank(self.language)),
                    }
                }
            }
        }
        filled
    }

    fn signature(&self, own: bool) -> Signature {
        let contract = self.contract;
        let (party, zh, en): (&Party, _, _) = if own {
            (&contract.own_party, "甲方（盖章）", "Party A (seal)")
        } else {
            // A person has no seal.
            (&contract.other_party, "乙方（签章）", "Party B (signature or seal)")
        };
        let said = |text: Option<&str>| text.map(one_line).filter(|text| !text.is_empty());
        let signatory = said(party.signatory.as_deref()).or_else(|| said(party.legal_representative.as_deref()));
        let signed_on = contract.signed_on.map(|day| writing::day(day, self.language));
        let place = said(contract.elements.get(&Element::SigningPlace).map(String::as_str));
        let mut lines = vec![
            (Text::new("名称", "Name"), said(party.name.as_deref())),
            (
                Text::new("法定代表人或授权代表", "Legal or authorised representative"),
                signatory,
            ),
            (Text::new("签字", "Signature"), None),
            (Text::new("日期", "Date"), signed_on),
        ];
        if place.is_some() {
            lines.push((Text::new("签订地点", "Place of signing"), place));
        }
        let label = |text: &Text| in_language(text, self.language).to_owned();
        Signature {
            role: match self.language {
                Zh => zh.to_owned(),
                En => en.to_owned(),
            },
            lines: lines.into_iter().map(|(text, known)| (label(&text), known)).collect(),
        }
    }
}
