//! Cells of spreadsheets as people keep them: what can be read in them for certain, and what a spreadsheet has spoilt
//! and nobody may guess (D-ARC-13).

use crate::calendar::Day;
use crate::identifier::{Fault, half_width, is_invisible};

/// One cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cell {
    #[default]
    Empty,
    Text(String),
    /// A number as it is stored, whatever is displayed: all its digits, a `.` before decimals.
    Number(String),
    /// A day number in a cell that is formatted as a date.
    Date(i64),
}

/// Where a workbook's day numbers begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Epoch {
    /// 1 is 1 January 1900, and 60 a 29 February that never was.
    #[default]
    Y1900,
    /// 0 is 1 January 1904.
    Y1904,
}

/// Significant digits that a spreadsheet keeps of a number.
const KEPT_DIGITS: usize = 15;

/// A text without outer blanks and what can't be seen, full-width forms as half-width ones.
pub fn plain(text: &str) -> String {
    let seen: String = text.chars().filter(|c| !is_invisible(*c)).map(half_width).collect();
    seen.trim().to_owned()
}

/// Whether a text is a number as a spreadsheet shows one that is too long for it: `1.38E+10`.
pub fn is_scientific(text: &str) -> bool {
    let text = plain(text);
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    digits(whole) && digits(decimals) && digits(exponent.trim_start_matches(['+', '-']))
}

fn spoilt() -> Fault {
    Fault::whole(
        "电子表格已把此号码变成科学计数法，请在原表中改为文本格式后重新导出",
        "A spreadsheet has turned this number into 1.38E+10; make the column text in the original and export it again",
    )
}

impl Cell {
    pub fn is_empty(&self) -> bool {
        match self {
            Cell::Empty => true,
            Cell::Text(text) => plain(text).is_empty(),
            _ => false,
        }
    }

    /// What was written; a date as `1990-05-01`.
    pub fn text(&self, epoch: Epoch) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) | Cell::Number(text) => text.trim().to_owned(),
            Cell::Date(serial) => epoch
                .day(*serial)
                .map_or_else(|_| serial.to_string(), |day| day.to_string()),
        }
    }

    /// A number that somebody gave out: a phone, an identity number, a number in another system.
    ///
    /// # Errors
    /// [`Fault`] for `1.38E+10`, and for a number of which a spreadsheet has lost the last digits.
    pub fn number(&self) -> Result<String, Fault> {
        match self {
            Cell::Text(text) if is_scientific(text) => Err(spoilt()),
            Cell::Number(digits) if is_scientific(digits) => Err(spoilt()),
            Cell::Number(digits) if digits.bytes().filter(u8::is_ascii_digit).count() > KEPT_DIGITS => {
                Err(Fault::whole(
                    "精度丢失：电子表格只保留 15 位数字，末几位已变成 0，请以文本格式重新录入",
                    "Precision lost: a spreadsheet keeps 15 digits of a number, the last ones are gone; enter it as text",
                ))
            }
            Cell::Date(_) => Err(Fault::whole("这里是日期，不是号码", "That is a date, not a number")),
            other => Ok(other.text(Epoch::Y1900)),
        }
    }

    /// A day: a date cell, a day number in a number cell, or a text.
    ///
    /// # Errors
    /// [`Fault`] for days that never were, and for texts that may mean several days.
    pub fn day(&self, epoch: Epoch) -> Result<Option<Day>, Fault> {
        match self {
            cell if cell.is_empty() => Ok(None),
            Cell::Date(serial) => epoch.day(*serial).map(Some),
            Cell::Number(number) => {
                let whole = number.split('.').next().unwrap_or_default();
                match whole.parse::<i64>() {
                    // 19900501 as a number
                    Ok(digits) if whole.len() == 8 => day_of_text(&digits.to_string()).map(Some),
                    Ok(serial) => epoch.day(serial).map(Some),
                    Err(_) => Err(not_a_date()),
                }
            }
            Cell::Text(text) => day_of_text(text).map(Some),
            Cell::Empty => Ok(None),
        }
    }

    /// Yes or no, in the words of either language.
    ///
    /// # Errors
    /// [`Fault`] for anything else.
    pub fn flag(&self) -> Result<Option<bool>, Fault> {
        match plain(&self.text(Epoch::Y1900)).to_lowercase().as_str() {
            "" => Ok(None),
            "是" | "有" | "同意" | "愿意" | "y" | "yes" | "true" | "1" | "√" | "✓" | "✔" => Ok(Some(true)),
            "否" | "无" | "不同意" | "不愿意" | "n" | "no" | "false" | "0" | "×" | "✗" => Ok(Some(false)),
            _ => Err(Fault::whole("应为是或否", "Yes or no is expected here")),
        }
    }
}

fn not_a_date() -> Fault {
    Fault::whole(
        "不是能确定的日期，请写成 1990-05-01",
        "Not a date that could be read for certain; write 1990-05-01",
    )
}

impl Epoch {
    /// The day of a day number.
    ///
    /// # Errors
    /// [`Fault`] for 0 and 60 of the 1900 system, and beyond the year 9999.
    pub fn day(self, serial: i64) -> Result<Day, Fault> {
        // Days from 1970-01-01 to the day before number 1, or to number 0.
        let base = match self {
            Epoch::Y1900 if serial == 60 => {
                return Err(Fault::whole(
                    "1900 年 2 月 29 日不存在（电子表格的 60）",
                    "Day number 60 is 29 February 1900, which never was",
                ));
            }
            Epoch::Y1900 if serial < 60 => -25_568,
            Epoch::Y1900 => -25_569,
            Epoch::Y1904 => -24_107,
        };
        let least = i64::from(self == Epoch::Y1900);
        if !(least..=2_958_465).contains(&serial) {
            return Err(Fault::whole(
                format!("日期序号 {serial} 不是日期"),
                format!("Day number {serial} is no date"),
            ));
        }
        i32::try_from(base + serial).map(Day).map_err(|_| not_a_date())
    }
}

/// Year first, in one of the ways people write it: 1990-05-01, 1990/5/1, 1990.5.1, 1990年5月1日, 19900501; a time behind
/// it is left out.
fn day_of_text(text: &str) -> Result<Day, Fault> {
    let text = plain(text);
    let date = text.split([' ', 'T', 't']).next().unwrap_or_default();
    let parts: Vec<&str> = if date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit()) {
        vec![&date[..4], &date[4..6], &date[6..]]
    } else {
        date.split(['-', '/', '.', '年', '月', '日'])
            .filter(|part| !part.is_empty())
            .collect()
    };
    let number = |part: &&str| part.parse::<u32>().map_err(|_| not_a_date());
    let numbers: Vec<u32> = parts.iter().map(number).collect::<Result<_, _>>()?;
    match numbers.as_slice() {
        [year @ 1000..=9999, month, day] => {
            let year = i32::try_from(*year).unwrap_or_default();
            Day::from_ymd(year, *month, *day).ok_or_else(|| {
                Fault::whole(
                    format!("{year} 年 {month} 月没有 {day} 日"),
                    format!("{year}-{month:02} has no day {day}"),
                )
            })
        }
        _ => Err(not_a_date()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(cell: Cell, epoch: Epoch) -> Result<String, String> {
        cell.day(epoch)
            .map(|day| day.map_or(String::new(), |day| day.to_string()))
            .map_err(|fault| fault.detail.en)
    }

    #[test]
    fn a6_day_numbers_of_both_systems() {
        for (serial, epoch, wanted) in [
            (32_994, Epoch::Y1900, Some("1990-05-01")),
            (45_292, Epoch::Y1900, Some("2024-01-01")),
            (1, Epoch::Y1900, Some("1900-01-01")),
            (59, Epoch::Y1900, Some("1900-02-28")),
            (60, Epoch::Y1900, None),
            (61, Epoch::Y1900, Some("1900-03-01")),
            (0, Epoch::Y1900, None),
            (-1, Epoch::Y1904, None),
            (43_830, Epoch::Y1904, Some("2024-01-01")),
        ] {
            for cell in [Cell::Date(serial), Cell::Number(serial.to_string())] {
                assert_eq!(day(cell.clone(), epoch).ok().as_deref(), wanted, "{cell:?} {epoch:?}");
            }
        }
    }

    #[test]
    fn text_dates_are_read_where_they_mean_one_day() {
        for text in [
            "1990-05-01",
            "1990/5/1",
            "1990.5.1",
            "1990年5月1日",
            "19900501",
            "１９９０-０５-０１",
            " 1990-5-1 08:00",
        ] {
            assert_eq!(
                day(Cell::Text(text.into()), Epoch::Y1900).as_deref(),
                Ok("1990-05-01"),
                "{text}"
            );
        }
        for text in [
            "1/5/1990",
            "90-5-1",
            "32994",
            "1990-13-01",
            "1990-02-30",
            "5月1日",
            "二〇〇〇年",
        ] {
            assert!(day(Cell::Text(text.into()), Epoch::Y1900).is_err(), "{text}");
        }
    }

    #[test]
    fn a8_a9_spoilt_numbers_are_refused() {
        let number = |text: &str| Cell::Number(text.into()).number().ok();
        assert_eq!(number("13812345678").as_deref(), Some("13812345678"));
        assert_eq!(number("110105194912310000"), None);
        assert_eq!(Cell::Text("1.38E+10".into()).number().ok(), None);
        assert!(
            is_scientific("１．３８Ｅ＋１０")
                && is_scientific("1E10")
                && !is_scientific("E10")
                && !is_scientific("1380E")
        );
        assert_eq!(
            Cell::Text("11010519491231002X".into()).number().as_deref().ok(),
            Some("11010519491231002X")
        );
    }
}
