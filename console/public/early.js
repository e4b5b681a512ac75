// Before the first paint: the theme and language that were chosen, or what the machine says, so that nothing flashes or moves; and the
// words of that language are on their way.
;(function () {
  var page = document.documentElement
  var read = function (name) {
    try {
      return localStorage.getItem('corehour.' + name)
    } catch {
      return null
    }
  }
  var dark = matchMedia('(prefers-color-scheme: dark)').matches
  page.dataset.theme = read('theme') || (dark ? 'dark' : 'light')
  page.lang = read('language') || (/^zh\b/i.test(navigator.language) ? 'zh' : 'en')
  var words = document.querySelector('meta[name=words-' + page.lang + ']')
  if (words) {
    var link = document.createElement('link')
    link.rel = 'modulepreload'
    link.crossOrigin = ''
    link.fetchPriority = 'low'
    link.href = words.content
    document.head.append(link)
  }
})()
