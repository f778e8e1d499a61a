// Draw a recording of asciinema as an SVG that plays in a loop: node render.js RECORDING > PICTURE.
// All of it stands there first, as that is what is seen where nothing moves; then it comes line by
// line, slowly enough to be read.
const fs = require('fs');
const { render } = require('svg-term');

const BEGIN = 1, ALL = 8, LINE = 0.3, HEADING = 2; // seconds
const CLEAR = '\u001b[?25l\u001b[2J\u001b[H', BOLD = '\u001b[1m';

const rows = fs.readFileSync(process.argv[2], 'utf8').trim().split('\n');
const [header, ...events] = rows.map((row) => JSON.parse(row));
const text = events.filter(([, kind]) => kind === 'o').map(([, , data]) => data).join('').trimEnd();
const lines = text.match(/[^\n]+\n?/g);

let time = BEGIN + ALL;
const paced = lines.map((line, number) => {
	time += line.startsWith(BOLD) ? HEADING : line.trim() ? LINE : 0;
	return [time, 'o', number ? line : CLEAR + line];
});
header.height = lines.length;
const recording = [header, [BEGIN, 'o', CLEAR + text], ...paced, [time + HEADING, 'o', '']]
	.map((row) => JSON.stringify(row)).join('\n');
// The empty screen before the beginning is left out.
process.stdout.write(render(recording, { window: true, from: BEGIN * 1000 }) + '\n');
