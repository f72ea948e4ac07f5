package vn

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// onsets and rhymes are what a Vietnamese syllable is made of, without tones.
var (
	onsets = words(`b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x`)
	rhymes = words(`a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
		e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu
		y yêm yên yêng yêt yêu o oc oi om on ong ooc oong op ot oa oac oach oai oam oan oang oanh oao oap oat oay
		oăc oăm oăn oăng oăt oe oen oeo oet ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uc ui um un ung up ut
		uôc uôi uôm uôn uông uôt uân uâng uât uây uê uêch uên uênh uy uya uych uyên uyêt uyn uynh uyt uyu uơ
		ư ưa ưc ưi ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu`)
	// maxOnset is the longest onset, in letters.
	maxOnset = 3
)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// syllables reports whether every word of a text could be a Vietnamese
// syllable; a text without words is none.
func syllables(s string) bool {
	all := strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("-.,", r) })
	for _, w := range all {
		if !syllable(w) {
			return false
		}
	}
	return len(all) > 0
}

// syllable takes a word apart: at most one tone, an onset, a rhyme.
func syllable(word string) bool {
	var b strings.Builder
	tones := 0
	for _, r := range norm.NFD.String(strings.ToLower(word)) {
		if isTone(r) {
			tones++
			continue
		}
		b.WriteRune(r)
	}
	plain := []rune(norm.NFC.String(b.String()))
	if tones > 1 {
		return false
	}
	for n := 0; n <= maxOnset && n < len(plain); n++ {
		if (n == 0 || onsets[string(plain[:n])]) && rhymes[string(plain[n:])] {
			return true
		}
	}
	// "gi" and "qu" lend their vowel: gì, giêng, quý.
	if rest, ok := strings.CutPrefix(string(plain), "g"); ok && (rhymes[rest]) {
		return true
	}
	return false
}
