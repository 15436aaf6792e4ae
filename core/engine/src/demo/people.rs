//! Invented people. Their phones lie in ranges full of zeros that no operator hands out like this.

use super::dice::Dice;
use cardea_domain::Day;

/// How a chain's customers are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    Chinese,
    HongKong,
}

/// A customer to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub woman: bool,
    pub phone: String,
    pub birthday: Day,
    pub marketing: bool,
}

/// The commonest first.
const SURNAMES: [&str; 40] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何", "林", "高",
    "罗", "郑", "梁", "谢", "宋", "唐", "许", "韩", "邓", "冯", "曹", "彭", "曾", "肖", "田", "董", "潘", "袁", "蔡",
    "欧阳", "司徒",
];
const WOMEN: [&str; 40] = [
    "婷", "静", "敏", "丽", "雪", "芳", "娜", "倩", "欣怡", "雨桐", "梓涵", "诗涵", "思琪", "佳琪", "晓燕", "海燕",
    "雅文", "淑芬", "美玲", "秀英", "丽华", "慧敏", "玉兰", "桂英", "春梅", "晓梅", "若曦", "语嫣", "梦洁", "可欣",
    "婉清", "书瑶", "紫萱", "雨欣", "心怡", "文静", "晨曦", "芷若", "子涵", "依诺",
];
const MEN: [&str; 20] = [
    "伟", "强", "磊", "军", "勇", "杰", "涛", "明", "浩然", "子轩", "宇航", "志强", "建华", "文博", "俊杰", "天佑",
    "嘉豪", "一鸣", "思远", "博文",
];
const ENGLISH_SURNAMES: [&str; 24] = [
    "Chan",
    "Wong",
    "Lee",
    "Cheung",
    "Lau",
    "Ng",
    "Leung",
    "Ho",
    "Lam",
    "Tsang",
    "Yeung",
    "Chow",
    "Fung",
    "Kwok",
    "Tang",
    "Mak",
    "Poon",
    "Tam",
    "Yip",
    "Hui",
    "Smith",
    "Fernandes",
    "Patel",
    "O’Brien",
];
const ENGLISH_WOMEN: [&str; 20] = [
    "Grace",
    "Amy",
    "Joyce",
    "Fiona",
    "Kelly",
    "Mandy",
    "Karen",
    "Winnie",
    "Vivian",
    "Carmen",
    "Phoebe",
    "Yan Yee",
    "Wing Sze",
    "Hoi Ching",
    "Mei Ling",
    "Ka Man",
    "Sophie",
    "Charlotte",
    "Priya",
    "Yuki",
];
const ENGLISH_MEN: [&str; 10] = [
    "Jason", "Kelvin", "Raymond", "Eric", "Ka Ho", "Chun Kit", "Wai Man", "Daniel", "Arjun", "Thomas",
];

/// The phone of the `number`th customer of a chain.
pub fn phone(names: Names, number: u64) -> String {
    match names {
        Names::Chinese => format!("199000{number:05}"),
        Names::HongKong => format!("+8525000{number:04}"),
    }
}

impl Person {
    /// The `number`th customer of a chain.
    pub fn invent(names: Names, number: u64, dice: &mut Dice) -> Self {
        let woman = dice.chance(820);
        let (surnames, women, men): (&[&str], &[&str], &[&str]) = match names {
            Names::Chinese => (&SURNAMES, &WOMEN, &MEN),
            Names::HongKong => (&ENGLISH_SURNAMES, &ENGLISH_WOMEN, &ENGLISH_MEN),
        };
        let (surname, given) = (dice.pick(surnames, 2), dice.pick(if woman { women } else { men }, 1));
        let name = match names {
            Names::Chinese => format!("{surname}{given}"),
            Names::HongKong => format!("{given} {surname}"),
        };
        let year = 2026 - dice.pick(&[27, 31, 24, 35, 40, 46, 52, 60], 2) - dice.between(0, 4);
        let day = Day::from_ymd(year as i32, dice.between(1, 12) as u32, dice.between(1, 28) as u32);
        Self {
            name,
            woman,
            phone: phone(names, number),
            birthday: day.unwrap_or(Day(0)),
            marketing: dice.chance(700),
        }
    }
}
