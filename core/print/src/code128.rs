//! Code 128, the bar code that scanners of every shop read, of an even number of digits (its set C: two digits a symbol).

/// Widths of bars and spaces, in turn, of the symbols 0–105; each is eleven modules wide.
const SYMBOLS: &str = "\
212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221223211\
221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321112313132113\
132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131311123311321331121\
312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114122411142112142211241211\
221114413111241112134111111242121142121241114212124112124211411212421112421211212141214121412121111143111341131141\
114113114311411113411311113141114131311141411131211412211214211232";
const START_C: usize = 105;
const STOP: &str = "2331112";
/// A symbol's check value is taken modulo this.
const VALUES: usize = 103;

/// Where the bars are: from and width, in modules from the left edge of the first one. Second: how wide the code is. None for
/// anything but an even number of digits.
pub fn bars(digits: &str) -> Option<(Vec<(u32, u32)>, u32)> {
    if digits.is_empty() || digits.len() % 2 == 1 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let pairs = digits.as_bytes().chunks(2);
    let pairs = pairs.map(|pair| usize::from(pair[0] - b'0') * 10 + usize::from(pair[1] - b'0'));
    let mut values = vec![START_C];
    values.extend(pairs);
    let weighed = values.iter().enumerate().map(|(place, value)| place.max(1) * value);
    values.push(weighed.sum::<usize>() % VALUES);
    let symbols = values.iter().filter_map(|value| SYMBOLS.get(value * 6..value * 6 + 6));
    let (mut bars, mut at) = (Vec::new(), 0);
    for (n, width) in symbols.chain([STOP]).flat_map(str::bytes).enumerate() {
        let width = u32::from(width - b'0');
        if n % 2 == 0 {
            bars.push((at, width));
        }
        at += width;
    }
    Some((bars, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn symbols_are_eleven_modules_wide_and_none_is_another() {
        assert_eq!(SYMBOLS.len(), 106 * 6);
        let symbols: HashSet<&str> = (0..106).map(|value| &SYMBOLS[value * 6..value * 6 + 6]).collect();
        assert_eq!(symbols.len(), 106);
        for symbol in symbols {
            let widths: Vec<u32> = symbol.bytes().map(|width| u32::from(width - b'0')).collect();
            assert_eq!(widths.iter().sum::<u32>(), 11, "{symbol}");
            assert_eq!(widths.iter().step_by(2).sum::<u32>() % 2, 0, "{symbol}: bars are even");
        }
    }

    #[test]
    fn a_code_is_as_wide_as_its_symbols() {
        let (bars, width) = bars("90123456789012").expect("digits");
        assert_eq!(width, 11 * 9 + 13);
        assert_eq!(bars.first(), Some(&(0, 2)));
        assert_eq!(
            bars.last().map(|(at, wide)| at + wide),
            Some(width),
            "it ends with a bar"
        );
        assert_eq!(bars.len(), 3 * 9 + 4);
        for wrong in ["", "1", "12x4"] {
            assert_eq!(super::bars(wrong), None, "{wrong}");
        }
    }
}
