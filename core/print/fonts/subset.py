"""Takes from Noto CJK what a contract needs: arguments are the folder `share` of Debian's packages and the folder to write to."""

import bz2
import glob
import sys

from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

SHARE, TARGET = sys.argv[1:]
# Simplified Chinese in each collection.
SC = 2
DIGITS = "0123456789"


def standard_table():
    """The table of general standard Chinese characters (2013): names of people and places are in all three levels."""
    found = set()
    for file in glob.glob(f"{SHARE}/unicode/Unihan_*.txt.bz2"):
        for line in bz2.open(file, "rt", encoding="utf-8"):
            parts = line.split()
            if len(parts) == 3 and parts[1] == "kTGH":
                found.add(int(parts[0][2:], 16))
    assert len(found) == 8105, len(found)
    return found


def encoded(codec, first, second):
    """What a double-byte encoding has in these ranges."""
    found = set()
    for a in first:
        for b in second:
            try:
                found.update(map(ord, bytes([a, b]).decode(codec)))
            except UnicodeDecodeError:
                pass
    return found


GB2312 = encoded("gb2312", range(0xA1, 0xF8), range(0xA1, 0xFF))
# Partners from Hong Kong and Taiwan, and older names, are written in traditional characters.
BIG5_COMMON = encoded("big5", range(0xA4, 0xC7), [*range(0x40, 0x7F), *range(0xA1, 0xFF)])
LATIN = {
    *range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x1CD, 0x1DD), *range(0x1E80, 0x1E86), *range(0x1EA0, 0x1EFA),
    *map(ord, "–—‘’‚“”„†‡•…‰‹›€₩₫₱₹₽№™−"),
}
# Forms of numbers, squared units, boxes to tick, full-width forms.
SIGNS = {
    *range(0x2460, 0x2500), *range(0x2500, 0x2580), *range(0x3000, 0x3020), *range(0x3220, 0x3244), *range(0x3280, 0x32B1),
    *range(0x3380, 0x33DF), *range(0x2160, 0x216C), *range(0x2170, 0x217A), *range(0xFE30, 0xFE50), *range(0xFF01, 0xFF5F), *range(0xFFE0, 0xFFE7),
    *map(ord, "·—‘’“”…※℃℉℡Ω‖′″‵←↑→↓↔√∞≈≠≤≥±×÷■□▲△▼▽◆◇○◎●★☆☐☑☒✓✔✗✘〇㊙⸺"),
}
NAMES = standard_table() | GB2312 | BIG5_COMMON | SIGNS


def feature(font, tag):
    """Substitutions one to one of a feature."""
    table = font["GSUB"].table
    found = {}
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == tag:
            for index in record.Feature.LookupListIndex:
                for sub in table.LookupList.Lookup[index].SubTable:
                    found.update(getattr(getattr(sub, "ExtSubTable", sub), "mapping", {}))
    return found


def swap(font, tag, characters):
    """Gives these characters by default the form that a feature has for them: one feature less to ask for."""
    forms = feature(font, tag)
    for table in font["cmap"].tables:
        if table.isUnicode() and table.format != 14:
            for c in map(ord, characters):
                if c in table.cmap:
                    table.cmap[c] = forms.get(table.cmap[c], table.cmap[c])


def equal_digits(font):
    """Digits of one width, in their middle: columns of figures stand below each other. The originals have no such form."""
    names = font.getBestCmap()
    glyphs, top = font.getGlyphSet(), font["CFF "].cff.topDictIndex[0]
    width = max(font["hmtx"][names[ord(d)]][0] for d in DIGITS)
    for name in (names[ord(d)] for d in DIGITS):
        before = font["hmtx"][name][0]
        old, select = top.CharStrings.getItemAndSelector(name)
        private = top.FDArray[select].Private
        pen = T2CharStringPen(width - private.nominalWidthX, glyphs)
        glyphs[name].draw(TransformPen(pen, (1, 0, 0, 1, (width - before) // 2, 0)))
        new = pen.getCharString(private, old.globalSubrs)
        new.fdSelectIndex = select
        top.CharStrings[name] = new
        bounds = BoundsPen(glyphs)
        new.draw(bounds)
        font["hmtx"][name] = (width, round(bounds.bounds[0]))


def without_digits(font):
    """Kerning would move digits again."""
    digits = {font.getBestCmap()[ord(d)] for d in DIGITS}
    for lookup in font["GPOS"].table.LookupList.Lookup:
        for sub in lookup.SubTable:
            sub = getattr(sub, "ExtSubTable", sub)
            if sub.LookupType == 2 and sub.Format == 2:
                for name in digits:
                    sub.ClassDef2.classDefs.pop(name, None)
            if sub.LookupType == 2 and sub.Format == 1:
                for pairs in sub.PairSet:
                    pairs.PairValueRecord = [r for r in pairs.PairValueRecord if r.SecondGlyph not in digits]
                    pairs.PairValueCount = len(pairs.PairValueRecord)


def rename(font, family, style):
    """A name of its own: a changed font shouldn't pass for the original. Copyright and licence stay in it."""
    name = font["name"]
    kept = [record for record in name.names if record.nameID in (0, 5, 7, 8, 9, 11, 13, 14) and record.langID == 0x409]
    name.names = kept
    full = f"{family} {style}"
    post_script = f"{family.replace(' ', '')}-{style}"
    for number, text in ((1, family), (2, style), (3, full), (4, full), (6, post_script)):
        name.setName(text, number, 3, 1, 0x409)
    if "CFF " not in font:
        return
    cff = font["CFF "].cff
    cff.fontNames = [name.getDebugName(6)]
    top = cff.topDictIndex[0]
    top.FamilyName, top.FullName = family, full


def subset(font, characters, kerned):
    options = Options(
        layout_features=["kern"] if kerned else [],
        drop_tables=["BASE", "VORG", "vhea", "vmtx", "GDEF", "GSUB"] + ([] if kerned else ["GPOS"]),
        hinting=False, notdef_outline=True, name_IDs=["*"], name_languages=["*"],
    )
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)


def save(font, file, family, style):
    rename(font, family, style)
    # The day of the original: made again, the file is the same.
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False
    font.save(f"{TARGET}/{file}")
    print(file, len(font.getGlyphOrder()), "glyphs")


def make(source, file, family, style, characters, proportional):
    font = TTCollection(f"{SHARE}/fonts/opentype/noto/{source}.ttc").fonts[SC]
    if proportional:
        swap(font, "pwid", "‘’“”…")
    else:
        # Dashes that touch each other, as Chinese sets them.
        swap(font, "fwid", "—")
    subset(font, characters, proportional)
    if ord("0") in font.getBestCmap():
        equal_digits(font)
    if proportional:
        without_digits(font)
    save(font, file, family, style)
    return set(font.getBestCmap())


def make_rest(source, file, family, style, lacking):
    """What Noto CJK has not, from Noto's other families."""
    font = TTFont(f"{SHARE}/fonts/truetype/noto/{source}.ttf")
    subset(font, lacking, False)
    save(font, file, family, style)


latin = make("NotoSerifCJK-Regular", "latin.otf", "Cardea Latin", "Regular", LATIN, True)
make("NotoSerifCJK-Bold", "latin-bold.otf", "Cardea Latin", "Bold", LATIN, True)
song = make("NotoSerifCJK-Regular", "song.otf", "Cardea Song", "Regular", NAMES, False)
make("NotoSansCJK-Bold", "hei-bold.otf", "Cardea Hei", "Bold", NAMES | LATIN, False)
make_rest("NotoSerif-Regular", "european.ttf", "Cardea European", "Regular", LATIN - latin)
make_rest("NotoSerif-Bold", "european-bold.ttf", "Cardea European", "Bold", LATIN - latin)
make_rest("NotoSansSymbols2-Regular", "ticks.ttf", "Cardea Ticks", "Regular", SIGNS - song)
