// What script adds to pages that work without it. Every text comes from the
// page; every module does nothing on a page that lacks its marks.
import {birthDates} from './birthdate.js'
import {countdowns} from './countdown.js'
import {delivery} from './delivery.js'
import {forms} from './forms.js'
import {frames} from './frames.js'
import {idle} from './idle.js'
import {lock, menus} from './lock.js'
import {passwords} from './password.js'
import {portraits} from './portrait.js'

forms()
frames()
passwords()
countdowns()
delivery()
idle()
lock()
menus()
birthDates()
portraits()
