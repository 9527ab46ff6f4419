# gnuplot overhead.gp
data = 'overhead.dat'
pdf = 'overhead.pdf'
W = 7.000000
H = 3.900000
y_title = 'time added to forward, dX and dW, %'
notes = 3
x_min = 51.200000
x_max = 10240.000000
array x_ticks[8] = [64.000000, 128.000000, 256.000000, 512.000000, 1024.000000, 2048.000000, 4096.000000, 8192.000000]
y_min = 1.000000
y_max = 856.061700
array y_ticks[9] = [1.000000, 2.000000, 5.000000, 10.000000, 20.000000, 50.000000, 100.000000, 200.000000, 500.000000]
panels = 2
columns = 2
array left[2] = [0.580000, 3.920000]
array bottom[2] = [0.900000, 0.900000]
array tokens[2] = [8192.000000, 8192.000000]
panel_width = 2.980000
panel_height = 2.300000
ways = 5
array legend_x[5] = [0.580000, 1.425556, 2.538889, 3.327778, 4.947778]
array marker[5] = [7.000000, 9.000000, 5.000000, 12.000000, 1.000000]
array color[5] = [29362.000000, 13983232.000000, 40563.000000, 13400487.000000, 6316128.000000]
array legend[5] = ['stored', 'fused Gram', 'width', 'Gram, T×T in memory', 'clipped sum alone']
legend_y = 3.780000
note_y = 3.610000
measured_text = 'equal, measured'
modelled_text = 'equal, model'
bars_text = 'bars: least to most of the rounds; open triangles: below 1 %'
measured_x = 1.396667
modelled_x = 2.546667
bars_x = 3.492222

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

# Time that ways to clip add to a layer, over T, a panel a layer: measured (points, lines, bars from least to most) and
# modelled (dashed). Both axes are logarithmic; what is below the lowest value lies on the axis.
# data: for panel k from 0, indices (ways + 2)k …: a way each, lines T extra low high model below (1: clipped);
#       then crossings as measured, then as modelled: letter T percent dx dy;
#       last index: texts, a line each: titles, then `notes` lines a panel
last = panels * (ways + 2)
array said[panels * (1 + notes)]
stats data index last using (said[int($0) + 1] = strcol(1), 0) nooutput

do for [i = 1:ways] {
  set arrow 10 + i from screen sx(legend_x[i]),sy(legend_y) to screen sx(legend_x[i] + 0.26),sy(legend_y) nohead lc rgb int(color[i]) lw 1.6
  set label 10 + i '' at screen sx(legend_x[i] + 0.13),sy(legend_y) point pt int(marker[i]) ps 0.6 lw 1.6 lc rgb int(color[i])
  set label 20 + i legend[i] at screen sx(legend_x[i] + 0.32),sy(legend_y) left
}
set arrow 30 from screen sx(left[1]),sy(note_y) to screen sx(left[1] + 0.26),sy(note_y) nohead lc rgb grey lw 1.2 dt (6, 4)
set label 30 'model' at screen sx(left[1] + 0.32),sy(note_y) left
set label 31 '' at screen sx(measured_x),sy(note_y) point pt 6 ps 0.9 lw 1.4 lc rgb 'black'
set label 32 measured_text at screen sx(measured_x + 0.12),sy(note_y) left
set label 33 '' at screen sx(modelled_x),sy(note_y) point pt 2 ps 0.55 lw 1.4 lc rgb 'black'
set label 34 modelled_text at screen sx(modelled_x + 0.12),sy(note_y) left
set label 35 bars_text at screen sx(bars_x),sy(note_y) left

set multiplot
set border 3
set grid lt 1 dt solid lc rgb rule lw 0.5
set logscale x 2
set logscale y 10
set xrange [x_min:x_max]
set yrange [y_min:y_max]
set xtics ()
set ytics ()
do for [i = 1:|x_ticks|] { set xtics add (sprintf('%g', x_ticks[i]) x_ticks[i]) }
do for [i = 1:|y_ticks|] { set ytics add (sprintf('%g', y_ticks[i]) y_ticks[i]) }
do for [k = 0:panels - 1] {
  first = k * (ways + 2)
  set lmargin at screen sx(left[k + 1])
  set rmargin at screen sx(left[k + 1] + panel_width)
  set bmargin at screen sy(bottom[k + 1])
  set tmargin at screen sy(bottom[k + 1] + panel_height)
  if (k == 1) {
    do for [i = 11:35] { unset label i; unset arrow i }
  }
  set xlabel 'tokens a sample, T (B·T = '.sprintf('%g', tokens[k + 1]).')' offset 0,0.4
  if (k % columns == 0) { set label 9 y_title at screen sx(0.1),sy(bottom[k + 1] + panel_height / 2) center rotate by 90 } else { unset label 9 }
  set label 1 said[k + 1] at graph 0,1 offset 0,0.7 left font 'Liberation Sans Bold,8'
  do for [i = 1:notes] {
    set label 1 + i said[panels + k * notes + i] at screen sx(left[k + 1]),sy(bottom[k + 1] - 0.4 - 0.14 * i) left tc rgb grey
  }
  plot for [c = 0:ways - 1] data index first + c using 1:5 with lines lc rgb int(color[c + 1]) lw 1.2 dt (6, 4), \
       for [c = 0:ways - 1] data index first + c using 1:2 with lines lc rgb int(color[c + 1]) lw 1.6, \
       for [c = 0:ways - 1] data index first + c using 1:3:(0):($4 - $3) with vectors nohead lw 1.2 lc rgb int(color[c + 1]), \
       for [c = 0:ways - 1] data index first + c using 1:($6 == 1 ? 1/0 : $2) with points \
         pt int(marker[c + 1]) ps 0.6 lw 1.6 lc rgb int(color[c + 1]), \
       for [c = 0:ways - 1] data index first + c using 1:($6 == 1 ? $2 : 1/0) with points pt 10 ps 0.7 lw 1.2 lc rgb int(color[c + 1]), \
       data index first + ways + 1 using 2:3 with points pt 2 ps 0.55 lw 1.4 lc rgb 'black', \
       data index first + ways using 2:3 with points pt 6 ps 0.9 lw 1.4 lc rgb 'black', \
       data index first + ways using ($2 * $4):($3 * $5):1 with labels font 'Liberation Sans Bold,8'
}
unset multiplot
