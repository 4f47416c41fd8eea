// Pictures of numbers. A chart's data comes with the page as JSON in data-chart; the table beside it says the same in
// words for those who cannot see it. Text is drawn on the canvas, so the page needs no inline style.
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([AriaComponent, BarChart, CanvasRenderer, GridComponent, LineChart, MarkLineComponent, TooltipComponent]);

const HATCH = { symbol: "rect", symbolSize: 1, dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4 };

// A canvas knows neither custom properties nor light-dark(); the pixel that a color paints is what it means here.
function colorOf(token, element) {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  element.append(probe);
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  pen.fillStyle = getComputedStyle(probe).color;
  probe.remove();
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
  return `rgb(${red}, ${green}, ${blue})`;
}

function paletteOf(element) {
  const names = { main: "--hy-aegean", clay: "--hy-clay", good: "--hy-good", bad: "--hy-bad", idle: "--hy-idle", ink: "--hy-ink", soft: "--hy-ink-soft", line: "--hy-line", paper: "--hy-paper" };
  return Object.fromEntries(Object.entries(names).map(([name, token]) => [name, colorOf(token, element)]));
}

const numberFormat = new Intl.NumberFormat(document.documentElement.dataset.locale, { maximumFractionDigits: 3 });
const spelled = (value, unit) => (value === null ? "–" : `${numberFormat.format(value)}${unit ? ` ${unit}` : ""}`);

function frame(colors, unit) {
  const label = { color: colors.soft, fontSize: 11, hideOverlap: true };
  return {
    animationDuration: 250,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    aria: { enabled: true, decal: { show: false } },
    grid: { left: 4, right: 8, top: 24, bottom: 6, containLabel: true },
    tooltip: { renderMode: "richText", trigger: "axis", axisPointer: { type: "shadow" }, backgroundColor: colors.ink, borderWidth: 0, padding: [6, 10], textStyle: { color: colors.paper, fontSize: 12 } },
    xAxis: { type: "category", axisTick: { show: false }, axisLine: { lineStyle: { color: colors.line } }, axisLabel: label },
    yAxis: { type: "value", name: unit, nameTextStyle: { color: colors.soft, fontSize: 11, align: "left" }, splitLine: { lineStyle: { color: colors.line } }, axisLabel: { ...label, formatter: (value) => numberFormat.format(value) } },
  };
}

const kinds = {
  // Columns of quantities; what was not measured is hatched. What is in question has its own color and its number on
  // top, and is drawn only as high as leaves the others readable.
  consumption({ unit, columns, average, average_label: averageLabel }, colors) {
    const base = frame(colors, unit);
    const styleOf = ({ estimated, asked }) =>
      estimated
        ? { color: colors.paper, borderColor: asked ? colors.bad : colors.clay, borderWidth: 1, decal: { ...HATCH, color: asked ? colors.bad : colors.clay } }
        : { color: asked ? colors.bad : colors.main };
    const data = columns.map((column) => ({
      value: column.height ?? column.value,
      itemStyle: styleOf(column),
      label: { show: Boolean(column.asked), position: "top", color: colors.bad, fontWeight: 600, formatter: `${spelled(column.value, unit)}${column.height === undefined ? "" : " ↑"}` },
    }));
    const markLine = average === undefined ? undefined : { symbol: "none", silent: true, data: [{ yAxis: average }], lineStyle: { color: colors.soft, type: "dashed" }, label: { formatter: averageLabel, color: colors.soft, fontSize: 11, position: "insideStartTop" } };
    return {
      ...base,
      aria: { enabled: true, decal: { show: true, decals: [{ symbol: "none" }] } },
      xAxis: { ...base.xAxis, data: columns.map(({ label }) => label) },
      tooltip: { ...base.tooltip, formatter: ([{ dataIndex }]) => `${columns[dataIndex].label}\n${spelled(columns[dataIndex].value, unit)}${columns[dataIndex].note ? `\n${columns[dataIndex].note}` : ""}` },
      series: [{ type: "bar", data, barCategoryGap: "28%", itemStyle: { borderRadius: [2, 2, 0, 0] }, markLine }],
    };
  },

  // Debt by age: the older, the warmer.
  ageing({ unit, columns }, colors) {
    const base = frame(colors, unit);
    const tone = (index) => (index === 0 ? colors.main : index < columns.length - 1 ? colors.clay : colors.bad);
    return {
      ...base,
      xAxis: { ...base.xAxis, data: columns.map(({ label }) => label) },
      tooltip: { ...base.tooltip, valueFormatter: (value) => spelled(value, unit) },
      series: [{ type: "bar", barCategoryGap: "36%", data: columns.map(({ value }, index) => ({ value, itemStyle: { color: tone(index), borderRadius: [2, 2, 0, 0] } })) }],
    };
  },

  // A run from what was due to what was billed: a bar per stage, its number beside it.
  funnel({ columns }, colors) {
    const base = frame(colors);
    const tones = [colors.idle, colors.main, colors.clay, colors.bad];
    return {
      ...base,
      grid: { left: 4, right: 64, top: 4, bottom: 4, containLabel: true },
      xAxis: { type: "value", show: false },
      yAxis: { ...base.xAxis, inverse: true, data: columns.map(({ label }) => label), axisLabel: { color: colors.ink, fontSize: 12 } },
      tooltip: { ...base.tooltip, valueFormatter: (value) => spelled(value) },
      series: [{ type: "bar", barMaxWidth: 26, barMinHeight: 2, data: columns.map(({ value }, index) => ({ value, itemStyle: { color: tones[index % tones.length], borderRadius: [0, 2, 2, 0] } })), label: { show: true, position: "right", color: colors.ink, fontWeight: 600, formatter: ({ value }) => spelled(value) } }],
    };
  },

  // Prices per block: each step is a block, its height the price of the next unit.
  staircase({ unit, price_unit: priceUnit, steps, end }, colors) {
    const base = frame(colors, priceUnit);
    const last = steps[steps.length - 1];
    return {
      ...base,
      tooltip: { ...base.tooltip, axisPointer: { type: "line" }, formatter: ([{ value }]) => `${spelled(value[0], unit)}\n${spelled(value[1], priceUnit)}` },
      xAxis: { ...base.xAxis, type: "value", max: end, splitLine: { show: false } },
      series: [{ type: "line", step: "end", symbol: "none", data: [...steps.map(({ from, price }) => [from, price]), [end, last.price]], lineStyle: { color: colors.main, width: 2 }, areaStyle: { color: colors.main, opacity: 0.14 } }],
    };
  },
};

function draw(element) {
  const chart = JSON.parse(element.dataset.chart);
  const picture = init(element, null, { renderer: "canvas" });
  const paint = () => picture.setOption(kinds[chart.kind](chart, paletteOf(element)), true);
  paint();
  new ResizeObserver(() => picture.resize()).observe(element);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  element.dataset.drawn = "";
}

export function drawCharts(root) {
  root.querySelectorAll("[data-chart]:not([data-drawn])").forEach(draw);
}
