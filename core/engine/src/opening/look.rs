//! What the database says of the members of a file.

use super::column::Column;
use super::people::{self, Whom};
use super::plan::{Planned, Planner};
use super::read::Sheet;
use crate::error::Result;
use crate::keys::ChainKeys;
use crate::store::Conn;
use crate::store::writer::{blanks, load};
use cardea_domain::Text;
use cardea_domain::card::CardNumber;
use cardea_domain::card_stock::Wanted;
use cardea_domain::id::{CustomerId, ProgramId};

impl Planner<'_> {
    /// What the database says of a member; whether a customer is to be registered.
    pub fn look(&mut self, conn: &mut Conn, keys: &ChainKeys, sheet: &mut Sheet, member: &mut Planned) -> Result<bool> {
        let (line, head) = (member.line, &sheet.head);
        let mut new = false;
        if member.named {
            let fault = match people::find(conn, self.chain, keys, &member.person)? {
                Whom::Known(customer) => self.standing(conn, customer, member.program)?,
                Whom::New { shares } => {
                    new = true;
                    if shares {
                        let text = Text::new(
                            "此手机已登记给另一位顾客，将另建一位顾客",
                            "The phone is another customer's: a new customer is registered",
                        );
                        sheet.warnings.add(head, line, Some(Column::Phone), text);
                    }
                    let nameless = member.person.name.is_none();
                    nameless.then(|| {
                        let text = Text::new("新顾客须有姓名", "A new customer needs a name");
                        (Some(Column::Name), text)
                    })
                }
                Whom::Several => Some((
                    None,
                    Text::new(
                        "有几位顾客都符合，请填写会员编号或先合并重复顾客",
                        "Several customers match: give the number, or merge the duplicates first",
                    ),
                )),
                Whom::Erased => Some((
                    None,
                    Text::new("这位顾客的资料已删除", "This customer's data were erased"),
                )),
            };
            if let Some((column, text)) = fault {
                sheet.faults.add(head, line, column, text);
            }
        }
        if let Some(text) = self.blank(conn, member)? {
            sheet.faults.add(head, line, Some(Column::Card), text);
        }
        Ok(new)
    }

    fn standing(
        &mut self,
        conn: &mut Conn,
        customer: CustomerId,
        program: ProgramId,
    ) -> Result<Option<(Option<Column>, Text)>> {
        let twice = !self.held.insert((customer, program));
        let standing = load::standing_membership(conn, self.chain, customer, program)?;
        Ok(if standing.is_some() {
            let text = Text::new(
                "该顾客在此计划中已有会籍，不再转入",
                "The customer has a membership in this program already",
            );
            Some((None, text))
        } else if twice {
            let text = Text::new(
                "文件中另一会员也是这位顾客",
                "Another member of the file is the same customer",
            );
            Some((None, text))
        } else {
            None
        })
    }

    /// Whether the card's number is that of a blank of ours, which becomes the card; what is wrong with it then.
    fn blank(&mut self, conn: &mut Conn, member: &mut Planned) -> Result<Option<Text>> {
        let number = member.card.as_deref().and_then(|card| card.parse::<CardNumber>().ok());
        let Some(number) = number else { return Ok(None) };
        let Some(blank) = blanks::find(conn, self.chain, number.as_str())? else {
            return Ok(None);
        };
        let wanted = Wanted {
            program: member.program,
            kind: member.kind,
            store: member.context.store,
            today: member.context.zone.day_of(self.now),
        };
        if let Err(refusal) = blank.check_issue(&wanted) {
            return Ok(Some(refusal.detail));
        }
        if !self.blanks.insert(number.clone()) {
            let text = Text::new(
                "文件中另一会员也用这张空白卡",
                "Another member of the file has this blank card",
            );
            return Ok(Some(text));
        }
        member.blank = Some(number);
        Ok(None)
    }
}
