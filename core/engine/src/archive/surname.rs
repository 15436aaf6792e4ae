//! Surnames: where a Chinese one ends, and how it is read in English.

/// A surname as both languages show it.
pub(super) struct Surname {
    pub zh: String,
    pub en: String,
}

/// Compound surnames and their reading.
const COMPOUND: &[(&str, &str)] = &[
    ("欧阳", "Ouyang"),
    ("司马", "Sima"),
    ("上官", "Shangguan"),
    ("诸葛", "Zhuge"),
    ("夏侯", "Xiahou"),
    ("东方", "Dongfang"),
    ("皇甫", "Huangfu"),
    ("尉迟", "Yuchi"),
    ("公孙", "Gongsun"),
    ("慕容", "Murong"),
    ("令狐", "Linghu"),
    ("宇文", "Yuwen"),
    ("长孙", "Zhangsun"),
    ("司徒", "Situ"),
    ("端木", "Duanmu"),
    ("申屠", "Shentu"),
    ("南宫", "Nangong"),
    ("独孤", "Dugu"),
    ("百里", "Baili"),
    ("呼延", "Huyan"),
    ("澹台", "Tantai"),
    ("轩辕", "Xuanyuan"),
    ("歐陽", "Ouyang"),
    ("司馬", "Sima"),
];

/// The common surnames, read as surnames (单 Shan, 曾 Zeng, 解 Xie, 仇 Qiu).
const SINGLE: &str = "\
    王Wang 李Li 张Zhang 刘Liu 陈Chen 杨Yang 黄Huang 赵Zhao 吴Wu 周Zhou 徐Xu 孙Sun 马Ma 朱Zhu 胡Hu 郭Guo 何He 林Lin \
    高Gao 罗Luo 郑Zheng 梁Liang 谢Xie 宋Song 唐Tang 许Xu 韩Han 邓Deng 冯Feng 曹Cao 彭Peng 曾Zeng 肖Xiao 萧Xiao 田Tian \
    董Dong 潘Pan 袁Yuan 蔡Cai 蒋Jiang 余Yu 于Yu 杜Du 叶Ye 程Cheng 魏Wei 苏Su 吕Lü 丁Ding 任Ren 卢Lu 姚Yao 沈Shen 钟Zhong \
    姜Jiang 崔Cui 谭Tan 陆Lu 范Fan 汪Wang 廖Liao 石Shi 金Jin 韦Wei 贾Jia 夏Xia 付Fu 傅Fu 方Fang 邹Zou 熊Xiong 白Bai \
    孟Meng 秦Qin 邱Qiu 侯Hou 江Jiang 尹Yin 薛Xue 闫Yan 阎Yan 段Duan 雷Lei 龙Long 黎Li 史Shi 陶Tao 贺He 毛Mao 郝Hao 顾Gu \
    龚Gong 邵Shao 万Wan 覃Qin 武Wu 钱Qian 戴Dai 严Yan 莫Mo 孔Kong 向Xiang 常Chang 汤Tang 康Kang 易Yi 乔Qiao 赖Lai 文Wen \
    樊Fan 兰Lan 殷Yin 施Shi 洪Hong 翟Zhai 安An 颜Yan 倪Ni 牛Niu 温Wen 芦Lu 季Ji 俞Yu 章Zhang 鲁Lu 葛Ge 伍Wu 申Shen 尤You \
    毕Bi 聂Nie 柴Chai 焦Jiao 齐Qi 欧Ou 单Shan 解Xie 仇Qiu 华Hua 管Guan 祝Zhu 左Zuo 涂Tu 谷Gu 柳Liu 舒Shu 耿Geng 牟Mu \
    卜Bu 路Lu 詹Zhan 关Guan 苗Miao 凌Ling 费Fei 纪Ji 靳Jin 盛Sheng 童Tong 欧Ou 甄Zhen 项Xiang 曲Qu 成Cheng 游You 阳Yang \
    裴Pei 席Xi 卫Wei 查Zha 屈Qu 鲍Bao 位Wei 霍Huo 翁Weng 隋Sui 植Zhi 甘Gan 景Jing 薄Bo 司Si 宁Ning 辛Xin 区Ou 包Bao \
    柯Ke 岳Yue 阮Ruan 梅Mei 房Fang 缪Miao 丘Qiu 褚Chu 喻Yu 简Jian 饶Rao 空Kong 宫Gong 尚Shang 连Lian 桂Gui 冷Leng 娄Lou \
    張Zhang 劉Liu 陳Chen 楊Yang 黃Huang 趙Zhao 吳Wu 孫Sun 馬Ma 羅Luo 鄭Zheng 謝Xie 許Xu 韓Han 鄧Deng 馮Feng 蕭Xiao 蔣Jiang \
    葉Ye 蘇Su 呂Lü 盧Lu 鍾Zhong 譚Tan 陸Lu 賈Jia 龍Long 賀He 顧Gu 龔Gong 錢Qian 嚴Yan 湯Tang 賴Lai 蘭Lan 顏Yan 溫Wen 魯Lu";

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{323AF}' | '〇')
}

/// The surname of a full name: one or two characters of a Chinese name, the part before the dot of a transcribed one
/// (阿卜杜拉·买买提), the last word of any other, or what stands before a comma.
pub(super) fn of(name: &str) -> Surname {
    let name = name.trim();
    if !name.chars().any(is_han) {
        let surname = match name.split_once(',') {
            Some((surname, _)) => surname.trim(),
            None => name.split_whitespace().next_back().unwrap_or_default(),
        };
        return Surname {
            zh: surname.into(),
            en: surname.into(),
        };
    }
    if let Some((first, _)) = name.split_once(['·', '•', '・']) {
        return Surname {
            zh: first.trim().into(),
            en: first.trim().into(),
        };
    }
    let name: String = name.chars().filter(|c| !c.is_whitespace()).collect();
    // 欧阳 alone may be one: a compound surname has a given name behind it.
    let compound = COMPOUND
        .iter()
        .find(|(zh, _)| name.strip_prefix(zh).is_some_and(|given| !given.is_empty()));
    if let Some((zh, en)) = compound {
        return Surname {
            zh: (*zh).into(),
            en: (*en).into(),
        };
    }
    let zh: String = name.chars().take(1).collect();
    let en = SINGLE
        .split_whitespace()
        .find_map(|pair| pair.strip_prefix(zh.as_str()));
    Surname {
        en: en.unwrap_or(&zh).into(),
        zh,
    }
}

/// Of how many characters a Chinese name's surname is, and how it is read; None for one that isn't in the tables.
pub(super) fn reading(name: &str) -> Option<(usize, &'static str)> {
    let name: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    let compound = COMPOUND
        .iter()
        .find(|(zh, _)| name.strip_prefix(zh).is_some_and(|given| !given.is_empty()));
    if let Some((zh, en)) = compound {
        return Some((zh.chars().count(), en));
    }
    let first: String = name.chars().take(1).collect();
    let single = SINGLE
        .split_whitespace()
        .find_map(|pair| pair.strip_prefix(first.as_str()));
    single.filter(|_| !first.is_empty()).map(|en| (1, en))
}
