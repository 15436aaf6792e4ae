//! How the till names a person: surname and form of address, nothing more (D-RET-7, D-ARC-12).

use super::surname;
use cardea_domain::{Text, named};

named! {
#[derive(Default)]
pub enum FormOfAddress {
    /// 先生
    Mr = "mr",
    /// 女士
    Ms = "ms",
    #[default]
    None = "none",
}
}

/// Who has no name is a customer whose data were erased.
fn erased() -> Text {
    Text::new("已删除的顾客", "Erased customer")
}

impl FormOfAddress {
    /// 王女士 / Ms Wang.
    pub fn display(self, name: &str) -> Text {
        if name.is_empty() {
            return erased();
        }
        let surname = surname::of(name);
        match self {
            FormOfAddress::Mr => Text::new(format!("{}先生", surname.zh), format!("Mr {}", surname.en)),
            FormOfAddress::Ms => Text::new(format!("{}女士", surname.zh), format!("Ms {}", surname.en)),
            FormOfAddress::None => Text::new(format!("{}**", surname.zh), format!("{} **", surname.en)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_shown_by_surname() {
        for (name, form, zh, en) in [
            ("王芳", FormOfAddress::Ms, "王女士", "Ms Wang"),
            ("欧阳娜娜", FormOfAddress::Ms, "欧阳女士", "Ms Ouyang"),
            ("单雄信", FormOfAddress::Mr, "单先生", "Mr Shan"),
            ("吕布", FormOfAddress::Mr, "吕先生", "Mr Lü"),
            ("王芳", FormOfAddress::None, "王**", "Wang **"),
            ("Emma Smith", FormOfAddress::Ms, "Smith女士", "Ms Smith"),
            ("Smith, Emma", FormOfAddress::Ms, "Smith女士", "Ms Smith"),
            ("Madonna", FormOfAddress::None, "Madonna**", "Madonna **"),
            ("䶮某", FormOfAddress::Mr, "䶮先生", "Mr 䶮"),
            (" 李 雷 ", FormOfAddress::Mr, "李先生", "Mr Li"),
            ("阿卜杜拉·买买提", FormOfAddress::Mr, "阿卜杜拉先生", "Mr 阿卜杜拉"),
            ("", FormOfAddress::None, "已删除的顾客", "Erased customer"),
        ] {
            let shown = form.display(name);
            assert_eq!((shown.zh.as_str(), shown.en.as_str()), (zh, en), "{name}");
        }
    }
}
