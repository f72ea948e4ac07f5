package web

import "strings"

// maxAgentRead bounds how much of a browser's description is looked at.
const maxAgentRead = 512

// sign is a word in a User-Agent and what it means. The first that is found
// counts, so the special stand before the general: every browser also claims
// to be its ancestors.
type sign struct{ word, means string }

var browsers = []sign{
	{"Zalo", "Zalo"}, {"FBAN", "Facebook"}, {"coc_coc", "Cốc Cốc"}, {"Edg", "Edge"}, {"OPR/", "Opera"},
	{"SamsungBrowser", "Samsung Internet"}, {"FxiOS", "Firefox"}, {"Firefox", "Firefox"},
	{"CriOS", "Chrome"}, {"Chrome", "Chrome"}, {"Safari", "Safari"},
}

var systems = []sign{
	{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"},
	{"CrOS", "ChromeOS"}, {"Macintosh", "macOS"}, {"Linux", "Linux"},
}

// DeviceWords is what a person recognises of a User-Agent, such as
// "Chrome, Windows"; it is "" when there is nothing to recognise. The words
// are names, the same in both languages, and never the browser's own text.
func DeviceWords(agent string) string {
	agent = agent[:min(len(agent), maxAgentRead)]
	var words []string
	for _, signs := range [][]sign{browsers, systems} {
		for _, s := range signs {
			if strings.Contains(agent, s.word) {
				words = append(words, s.means)
				break
			}
		}
	}
	return strings.Join(words, ", ")
}
