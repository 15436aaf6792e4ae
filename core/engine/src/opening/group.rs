//! The rows of each member of a file together.

use super::OpeningTotals;
use super::column::Column;
use super::read::{Line, Sheet};
use crate::input::field;
use crate::keys::external_number;
use cardea_domain::ledger::AssetKind;
use cardea_domain::money::LIMIT;
use cardea_domain::sale::Brought;
use cardea_domain::{Refusal, Text};
use std::collections::HashMap;

/// Rows of one member, before they are checked.
pub(super) struct Group {
    pub first: Line,
    pub brought: Vec<(i64, Brought)>,
}

/// The rows of each member together, in the order of their first ones.
pub(super) fn grouped(sheet: &mut Sheet) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    // Whoever has memberships in several programs has a group for each.
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for mut line in std::mem::take(&mut sheet.lines) {
        let number = line.number.as_deref().map(external_number);
        let Some(own) = number.or_else(|| line.phone.clone()) else {
            let text = Text::new("请填写会员编号或手机", "Give the member's number or phone");
            sheet.faults.add(&sheet.head, line.line, None, text);
            continue;
        };
        let known = places.entry(own).or_default();
        let same = |place: &&usize| line.program.is_none() || groups[**place].first.program == line.program;
        let mut found = known.iter().filter(same);
        let (place, another) = (found.next().copied(), found.next().is_some());
        if another || place.is_none() && line.program.is_none() {
            let text = Text::new("请填写会员计划", "Name the program");
            sheet.faults.add(&sheet.head, line.line, Some(Column::Program), text);
            continue;
        }
        let brought = line.brought.take().map(|brought| (line.line, brought));
        match place {
            None => {
                known.push(groups.len());
                groups.push(Group {
                    first: line,
                    brought: brought.into_iter().collect(),
                });
            }
            Some(place) => {
                let group = &mut groups[place];
                merge(sheet, &mut group.first, line);
                group.brought.extend(brought);
            }
        }
    }
    groups
}

/// Takes over what a further row of a member says; it may say nothing, or the same.
fn merge(sheet: &mut Sheet, first: &mut Line, more: Line) {
    let line = more.line;
    let at = first.line;
    let mut differs = |column: Column| {
        let text = Text::new(
            format!("与该会员的第 {at} 行不同"),
            format!("It differs from row {at} of the same member"),
        );
        sheet.faults.add(&sheet.head, line, Some(column), text);
    };
    macro_rules! same {
        ($($field:ident $column:ident),* $(,)?) => {$(
            if let Some(other) = more.$field {
                match &first.$field {
                    Some(own) if *own != other => differs(Column::$column),
                    Some(_) => {}
                    None => first.$field = Some(other),
                }
            }
        )*};
    }
    same!(name Name, phone Phone, store Store, kind CardKind, joined Joined, through ValidThrough, card Card);
}

/// What a file comes to.
///
/// # Errors
/// `field_invalid` for sums that are no amounts any more.
pub(super) fn totals(groups: &[Group]) -> Result<OpeningTotals, Refusal> {
    let mut found = OpeningTotals {
        memberships: groups.len() as i64,
        ..OpeningTotals::default()
    };
    for (_, brought) in groups.iter().flat_map(|group| &group.brought) {
        let sum = match brought.asset.kind() {
            AssetKind::Points => &mut found.points,
            AssetKind::Principal => &mut found.principal,
            AssetKind::Bonus => &mut found.bonus,
            AssetKind::Sessions | AssetKind::Unknown => &mut found.sessions,
        };
        *sum = sum
            .checked_add(brought.amount)
            .filter(|sum| *sum <= LIMIT)
            .ok_or_else(|| {
                field(
                    "/file",
                    "合计超出可记账的范围",
                    "The sums are beyond what can be booked",
                )
            })?;
    }
    Ok(found)
}
