# gnuplot performance_tradeoff.gpt_1b3.T-1024.B-8.bf16.cuda.gp
data = 'performance_tradeoff.gpt_1b3.T-1024.B-8.bf16.cuda.dat'
pdf = 'performance_tradeoff.gpt_1b3.T-1024.B-8.bf16.cuda.pdf'
W = 3.400000
H = 2.640000
plot_left = 0.580000
plot_right = 3.320000
plot_bottom = 0.440000
plot_top = 2.540000
x_title = 'time of a step, × vanilla'
y_title = 'peak allocated, × vanilla'
points = 3
failures = 0
has_bars = 0
x_min = 0.936608
x_max = 1.486009
x_log = 0
array x_ticks[3] = [1.000000, 1.200000, 1.400000]
x_format = '%.1f'
y_min = 0.967760
y_max = 1.040344
y_log = 0
array y_ticks[4] = [0.980000, 1.000000, 1.020000, 1.040000]
y_format = '%.2f'
array label_x[3] = [0.210072, 0.884615, 0.246426]
array label_y[3] = [0.444175, 0.508576, 0.555825]
array leader[3] = [0.000000, 0.000000, 0.000000]
array leader_x[3] = [0.142757, 0.884615, 0.201212]
array leader_y[3] = [0.444175, 0.477624, 0.555825]
array point_x[3] = [0.115385, 0.884615, 0.173839]
array point_y[3] = [0.444175, 0.444290, 0.555825]
array marker[3] = [7.000000, 15.000000, 5.000000]
array color[3] = [0.000000, 5682409.000000, 13983232.000000]
array text_color[3] = [0.000000, 3832478.000000, 12801536.000000]
array drawn[3] = [1.000000, 2.000000, 3.000000]

# Common look. Sizes are true points: pdfcairo scales fonts, fontscale 0.75 undoes it.
set terminal pdfcairo size W,H font 'Liberation Sans,8' fontscale 0.75 noenhanced linewidth 0.6
set output pdf
set encoding utf8
set tics scale 0.5 nomirror out
set border linewidth 0.8
set style fill solid noborder
unset key
grey = '#606060'
rule = '#E4E4E4'
alarm = '#C03000'
sx(inches) = inches / W
sy(inches) = inches / H

# Peak memory against time, a point a method, labelled directly. Cases without numbers stand above the frame.
# data: index 0, a line a point: name x y x_low x_high y_low y_high
#       index 1, a line a case without numbers: text
array name[points]
stats data index 0 using (name[int($0) + 1] = strcol(1), 0) nooutput
set lmargin at screen sx(plot_left)
set rmargin at screen sx(plot_right)
set bmargin at screen sy(plot_bottom)
set tmargin at screen sy(plot_top)
set border 3
set grid lt 1 dt solid lc rgb rule lw 0.5
set xlabel x_title offset 0,0.4
set label 99 y_title at screen sx(0.1),sy((plot_bottom + plot_top) / 2) center rotate by 90
if (x_log) { set logscale x }
if (y_log) { set logscale y }
set xrange [x_min:x_max]
set yrange [y_min:y_max]
set xtics ()
set ytics ()
do for [i = 1:|x_ticks|] { set xtics add (sprintf(x_format, x_ticks[i]) x_ticks[i]) }
do for [i = 1:|y_ticks|] { set ytics add (sprintf(y_format, y_ticks[i]) y_ticks[i]) }
do for [i = 1:points] {
  set label i name[i] at graph label_x[i],label_y[i] center front tc rgb int(text_color[i])
  if (leader[i] > 0) { set arrow i from graph leader_x[i],leader_y[i] to graph point_x[i],point_y[i] nohead lc rgb int(text_color[i]) lw 0.6 }
}
if (failures > 0) {
  array failed[failures]
  stats data index 1 using (failed[int($0) + 1] = strcol(1), 0) nooutput
  do for [i = 1:failures] {
    set label 100 + i '×' at screen sx(failure_x[i]),sy(failure_y[i]) center tc rgb alarm font 'Liberation Sans Bold,10'
    set label 200 + i failed[i] at screen sx(failure_x[i] + 0.08),sy(failure_y[i]) left tc rgb alarm
  }
}
set errorbars 0.6
if (has_bars) { set style line 1 lc rgb 'black' lw 0.7 } else { set style line 1 lw 0; set errorbars 0 }
plot data index 0 using 2:3:4:5:6:7 with xyerrorbars ls 1 pt 7 ps 0, \
     for [i = 1:points] data index 0 every ::int(drawn[i])-1::int(drawn[i])-1 using 2:3 \
       with points pt int(marker[int(drawn[i])]) ps 0.62 lw 1.8 lc rgb int(color[int(drawn[i])])
