//! What a parser says of a body, without what was typed there, which may be somebody's phone or name; and the same in Chinese,
//! by the field's label instead of its place in the JSON.

/// Fields as forms label them. What isn't here is called by its name.
const LABELS: [(&str, &str); 62] = [
    ("active", "是否启用"),
    ("amount", "金额"),
    ("attributes", "属性"),
    ("birthday", "生日"),
    ("business_date", "营业日期"),
    ("caller_verified", "来电核对"),
    ("card", "卡号"),
    ("category", "品类"),
    ("chain", "连锁代码"),
    ("code", "代码"),
    ("consent", "同意事项"),
    ("consultant_id", "顾问"),
    ("customer_id", "顾客"),
    ("discount", "折扣"),
    ("effective_from", "生效时间"),
    ("email", "邮箱"),
    ("form_of_address", "称呼"),
    ("grace_days", "宽限天数"),
    ("identity_checked", "证件核对"),
    ("identity_number", "证件号码"),
    ("introducer_customer_id", "介绍人"),
    ("kind", "类别"),
    ("ladder", "等级阶梯"),
    ("line", "行号"),
    ("lines", "商品"),
    ("list_amount", "原价"),
    ("max_share_ppm", "最高抵付比例"),
    ("maturing_days", "退货期天数"),
    ("member", "会员"),
    ("membership_id", "会籍"),
    ("minimum", "最少使用积分"),
    ("money", "抵付金额"),
    ("months", "月数"),
    ("multiplier", "倍数"),
    ("name", "名称"),
    ("new_password", "新密码"),
    ("number", "号码"),
    ("occurred_at", "业务时间"),
    ("old_password", "原密码"),
    ("password", "密码"),
    ("phones", "电话"),
    ("plugin_config", "规则设置"),
    ("points", "积分"),
    ("program_id", "会员计划"),
    ("quantity", "数量"),
    ("reason", "原因"),
    ("receipt", "小票号"),
    ("region_id", "区域"),
    ("reward_id", "礼品"),
    ("role", "角色"),
    ("rounding", "抹零"),
    ("sku", "货号"),
    ("source", "来源"),
    ("step", "积分档位"),
    ("stock", "库存"),
    ("store_id", "门店"),
    ("store_ids", "门店"),
    ("tenders", "付款"),
    ("threshold", "门槛金额"),
    ("till", "收银机"),
    ("time_zone", "时区"),
    ("user", "用户名"),
];

/// Fields that hold money in minor units.
const MONEY: [&str; 6] = ["amount", "discount", "list_amount", "money", "rounding", "threshold"];

/// A number that is no phone and no identity number.
const SHORT: usize = 6;

/// The parser's sentence without the value that it quotes.
pub fn silent(english: &str) -> String {
    for begin in ["invalid type: ", "invalid value: "] {
        if let Some((found, wanted)) = english
            .strip_prefix(begin)
            .and_then(|rest| rest.rsplit_once(", expected "))
        {
            return format!("{begin}{}, expected {wanted}", kind_of(found));
        }
    }
    for begin in ["unknown variant ", "unknown field "] {
        let Some(rest) = english.strip_prefix(begin) else {
            continue;
        };
        let name = quoted(rest);
        let plain = name.len() <= 40 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if begin == "unknown variant " || !plain {
            return format!("{}{}", begin.trim_end(), after(rest));
        }
    }
    english.to_owned()
}

/// What follows the first quoted name: `, expected …`.
fn after(text: &str) -> &str {
    text.match_indices("`, ")
        .map(|(at, _)| text.get(at + 1..).unwrap_or_default())
        .find(|rest| rest.starts_with(", expected") || rest.starts_with(", there"))
        .unwrap_or_default()
}

/// `string`, without its text; short numbers stay.
fn kind_of(found: &str) -> String {
    let kind = found.split(['"', '`']).next().unwrap_or_default().trim_end();
    let number = found.split('`').nth(1).unwrap_or_default();
    let short = number.len() <= SHORT && number.bytes().all(|b| b.is_ascii_digit() || b"-.e".contains(&b));
    if number.is_empty() || !(short || kind == "boolean") {
        kind.to_owned()
    } else {
        format!("{kind} `{number}`")
    }
}

/// The parser's sentence in Chinese; `pointer` is the field at fault, if one is.
pub fn in_chinese(pointer: Option<&str>, english: &str) -> String {
    let (what, place) = english
        .split_once(" at line ")
        .map_or((english, None), |(what, place)| (what, Some(place)));
    let named = |prefix: &str| Some(quoted(what.strip_prefix(prefix)?));
    let field = || pointer.map_or_else(|| "请求内容".to_owned(), path);
    if let Some(name) = named("missing field ") {
        return format!("缺少{}。", within(pointer, name));
    }
    if let Some(name) = named("duplicate field ") {
        return format!("{}写了两次。", within(pointer, name));
    }
    if let Some(name) = named("unknown field ") {
        return format!("没有“{name}”这一项，请核对名称。");
    }
    if what.starts_with("unknown variant") {
        return format!("{}没有这个选项{}。", field(), choices(what));
    }
    if what.starts_with("unknown field,") || what == "unknown field" {
        return "有一项的名称不认识，请核对。".to_owned();
    }
    let wrong = what
        .strip_prefix("invalid type: ")
        .or(what.strip_prefix("invalid value: "));
    if let Some((found, wanted)) = wrong.and_then(|rest| rest.rsplit_once(", expected ")) {
        return format!(
            "{}{}，收到的却是{}。",
            field(),
            wanted_of(pointer, wanted),
            found_of(found)
        );
    }
    let reason = match what {
        _ if what.contains("U+0000") => return format!("{}含有不能保存的字符。", field()),
        _ if what.starts_with("EOF") => "不完整",
        _ if what.contains("trailing characters") => "末尾有多余的内容",
        _ if what.contains("recursion limit") => "嵌套太深",
        _ if what.contains("out of range") => return format!("{}的数字超出范围。", field()),
        _ if what.contains("did not arrive") => "没有完整送达",
        _ if pointer.is_some() => return format!("{}的格式不对，请核对。", field()),
        _ => "不是有效的 JSON",
    };
    match place.and_then(|place| place.split_once(" column ")) {
        Some((line, column)) => format!("请求内容{reason}（第{line}行第{column}个字符）。"),
        None => format!("请求内容{reason}。"),
    }
}

/// What stands first between back-ticks.
fn quoted(text: &str) -> &str {
    text.split('`').nth(1).unwrap_or(text)
}

/// The allowed values that a message lists.
fn choices(what: &str) -> String {
    let Some((_, listed)) = what.split_once("expected") else {
        return String::new();
    };
    let names: Vec<&str> = listed.split('`').skip(1).step_by(2).collect();
    format!("，可用：{}", names.join("、"))
}

fn label(name: &str) -> String {
    let found = LABELS.iter().find(|(field, _)| *field == name);
    found.map_or_else(|| format!("“{name}”"), |(_, label)| (*label).to_owned())
}

/// `/lines/0/amount`: 第1行的金额.
fn path(pointer: &str) -> String {
    let mut list = "";
    let mut parts: Vec<String> = Vec::new();
    for segment in pointer.split('/').skip(1) {
        match (segment.parse::<usize>(), list) {
            (Ok(i), "lines") => parts.push(format!("第{}行", i + 1)),
            (Ok(i), "tenders") => parts.push(format!("第{}笔付款", i + 1)),
            (Ok(i), list) => parts.push(format!("{}第{}项", label(list), i + 1)),
            (Err(_), _) => {
                list = segment;
                parts.push(label(segment));
            }
        }
        // A list is named with its item.
        if segment.parse::<usize>().is_ok() && parts.len() > 1 {
            let item = parts.pop().unwrap_or_default();
            parts.pop();
            parts.push(item);
        }
    }
    parts.join("的")
}

/// A field by name, inside what `pointer` names.
fn within(pointer: Option<&str>, name: &str) -> String {
    let inside = pointer.filter(|pointer| !pointer.ends_with(&format!("/{name}")));
    inside.map_or_else(|| label(name), |pointer| format!("{}的{}", path(pointer), label(name)))
}

fn wanted_of(pointer: Option<&str>, wanted: &str) -> String {
    let name = pointer
        .and_then(|pointer| pointer.rsplit('/').next())
        .unwrap_or_default();
    let wanted = match wanted {
        "i64" | "i32" | "u32" | "u64" | "usize" if MONEY.contains(&name) => {
            return "应为金额，不带引号和小数点，100.00 写成 10000".to_owned();
        }
        "i64" | "i32" | "u32" | "u64" | "usize" => "整数",
        "a string" | "a borrowed string" => "文字",
        "a boolean" => "是或否（true、false）",
        "a sequence" => "列表",
        "a map" => "对象",
        _ if wanted.starts_with("struct") || wanted.starts_with("internally tagged enum") => "对象",
        _ if name.ends_with("_id") || name.ends_with("_ids") => "编号（UUID）",
        _ if name.ends_with("_at") || name.ends_with("_from") => "时间，例如 2026-03-01T02:00:00Z",
        _ => "另一种格式",
    };
    format!("应为{wanted}")
}

fn found_of(found: &str) -> String {
    let value = found.split(['`', '"']).nth(1).unwrap_or_default();
    match found.split([' ', '`']).next().unwrap_or_default() {
        "string" | "character" => "文字".to_owned(),
        "integer" => format!("整数 {value}").trim_end().to_owned(),
        "floating" => format!("小数 {value}").trim_end().to_owned(),
        "boolean" => value.to_owned(),
        "null" | "unit" | "Option" => "空值".to_owned(),
        "map" => "对象".to_owned(),
        "sequence" => "列表".to_owned(),
        _ => "别的内容".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parser_is_told_in_chinese() {
        let cases = [
            (
                Some("/lines/0/amount"),
                "invalid type: string \"100.00\", expected i64 at line 1 column 80",
                "第1行的金额应为金额，不带引号和小数点，100.00 写成 10000，收到的却是文字。",
            ),
            (
                Some("/tenders/1/kind"),
                "unknown variant `gold`, expected one of `cash`, `card`",
                "第2笔付款的类别没有这个选项，可用：cash、card。",
            ),
            (
                Some("/receipt"),
                "invalid type: null, expected a string",
                "小票号应为文字，收到的却是空值。",
            ),
            (
                Some("/quantity"),
                "invalid type: floating point `1.5`, expected i64",
                "数量应为整数，收到的却是小数 1.5。",
            ),
            (None, "missing field `store_id`", "缺少门店。"),
            (Some("/lines/2"), "missing field `sku`", "缺少第3行的货号。"),
            (None, "duplicate field `amount`", "金额写了两次。"),
            (
                None,
                "unknown field `amuont`, expected `amount`",
                "没有“amuont”这一项，请核对名称。",
            ),
            (
                None,
                "EOF while parsing an object at line 1 column 9",
                "请求内容不完整（第1行第9个字符）。",
            ),
            (
                None,
                "expected value at line 1 column 1",
                "请求内容不是有效的 JSON（第1行第1个字符）。",
            ),
            (
                Some("/occurred_at"),
                "invalid type: integer `5`, expected an instant",
                "业务时间应为时间，例如 2026-03-01T02:00:00Z，收到的却是整数 5。",
            ),
            (
                Some("/phones/1"),
                "invalid type: boolean `true`, expected a string",
                "电话第2项应为文字，收到的却是true。",
            ),
        ];
        for (pointer, english, chinese) in cases {
            let told = in_chinese(pointer, &silent(english));
            assert_eq!(told, chinese);
            let letters = |text: &str| text.contains("expected") || text.contains("invalid");
            assert!(!letters(&told));
        }
    }

    #[test]
    fn what_was_typed_is_not_repeated() {
        for (english, silenced) in [
            (
                "invalid type: string \"13812345678\", expected a sequence at line 1 column 9",
                "invalid type: string, expected a sequence at line 1 column 9",
            ),
            (
                "invalid value: string \"王芳\", expected a day",
                "invalid value: string, expected a day",
            ),
            (
                "invalid type: integer `13812345678`, expected a string",
                "invalid type: integer, expected a string",
            ),
            (
                "invalid type: integer `5`, expected a string",
                "invalid type: integer `5`, expected a string",
            ),
            (
                "invalid type: null, expected a string",
                "invalid type: null, expected a string",
            ),
            (
                "unknown variant `wang@example.com`, expected one of `ms`, `mr` at line 1 column 2",
                "unknown variant, expected one of `ms`, `mr` at line 1 column 2",
            ),
            (
                "unknown field `王芳`, expected `name`",
                "unknown field, expected `name`",
            ),
            (
                "unknown field `amuont`, expected `amount`",
                "unknown field `amuont`, expected `amount`",
            ),
            ("missing field `amount`", "missing field `amount`"),
        ] {
            assert_eq!(silent(english), silenced);
        }
        assert_eq!(
            in_chinese(None, &silent("unknown field `王芳`, expected `name`")),
            "有一项的名称不认识，请核对。"
        );
    }
}
