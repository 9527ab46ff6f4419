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
