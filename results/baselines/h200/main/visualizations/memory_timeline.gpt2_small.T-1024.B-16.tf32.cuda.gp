# gnuplot memory_timeline.gpt2_small.T-1024.B-16.tf32.cuda.gp
data = 'memory_timeline.gpt2_small.T-1024.B-16.tf32.cuda.dat'
pdf = 'memory_timeline.gpt2_small.T-1024.B-16.tf32.cuda.pdf'
W = 7.000000
H = 3.480000
unit = 'GiB'
y_max = 29.494263
y_step = 10.000000
panels = 4
panel_width = 1.920000
panel_height = 1.050000
array panel_left[4] = [0.620000, 2.780000, 4.940000, 0.620000]
array panel_bottom[4] = [2.190000, 2.190000, 2.190000, 0.840000]
array panel_has_x[4] = [0.000000, 1.000000, 1.000000, 1.000000]
array panel_has_y[4] = [1.000000, 0.000000, 0.000000, 1.000000]
array x_max[4] = [207.245047, 207.245047, 207.245047, 207.245047]
array x_step[4] = [100.000000, 100.000000, 100.000000, 100.000000]
x_title = 'device time within one training step (ms)'
components = 10
array component[10] = ['parameters', 'optimizer state', 'gradients', 'activations', 'activation gradients', 'logits and loss', 'saved for DP', 'Gram matrices', 'per-sample gradients', 'workspace']
array color[10] = ['#0072B2', '#56B4E9', '#009E73', '#F0E442', '#E69F00', '#D9D9D9', '#D55E00', '#CC79A7', '#D55E00', '#999999']
array hatch[10] = [0.000000, 4.000000, 0.000000, 0.000000, 5.000000, 4.000000, 1.000000, 5.000000, 4.000000, 1.000000]
array legend_x[10] = [0.240556, 1.271667, 2.458333, 3.372778, 4.349444, 5.772778, 1.178889, 2.242222, 3.454444, 4.991111]
array legend_y[10] = [0.270000, 0.270000, 0.270000, 0.270000, 0.270000, 0.270000, 0.100000, 0.100000, 0.100000, 0.100000]

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

# A panel a method: bytes by component through one training step, its phases, its peak.
# data: index 0, a line a panel: name failure peak_x peak_y label_x label
#       index 2i-1, panel i: t, then the cumulative sums of components 0..K;  index 2i: begin end middle phase
array method[panels]
array failure[panels]
stats data index 0 using (method[int($0) + 1] = strcol(1), failure[int($0) + 1] = strcol(2), 0) nooutput

do for [k = 1:components] {
  set object 100 + k rectangle from screen sx(legend_x[k]),sy(legend_y[k] - 0.05) \
      to screen sx(legend_x[k] + 0.2),sy(legend_y[k] + 0.05) fs solid border lc rgb grey fc rgb color[k]
  if (hatch[k] > 0) {
    set object 200 + k rectangle from screen sx(legend_x[k]),sy(legend_y[k] - 0.05) \
        to screen sx(legend_x[k] + 0.2),sy(legend_y[k] + 0.05) fs transparent pattern hatch[k] border lc rgb grey \
        fc rgb '#303030'
  }
  set label 100 + k component[k] at screen sx(legend_x[k] + 0.27),sy(legend_y[k]) left
}
set label 90 'allocated ('.unit.')' at screen sx(0.16),sy((panel_bottom[panels] + panel_bottom[1] + panel_height) / 2) \
    center rotate by 90
set label 91 x_title at screen 0.5,sy(panel_bottom[panels] - 0.34) center

set multiplot
set yrange [0:y_max]
set ytics y_step
set border 3
set style textbox opaque noborder margins 0.2,0
do for [i = 1:panels] {
  set lmargin at screen sx(panel_left[i])
  set rmargin at screen sx(panel_left[i] + panel_width)
  set bmargin at screen sy(panel_bottom[i])
  set tmargin at screen sy(panel_bottom[i] + panel_height)
  set format x (panel_has_x[i] > 0 ? '%g' : '')
  set format y (panel_has_y[i] > 0 ? '%g' : '')
  set xrange [0:x_max[i]]
  set xtics x_step[i]
  set label 1 method[i] at graph 0, screen sy(panel_bottom[i] + panel_height + 0.09) left \
      font 'Liberation Sans Bold,8'
  set label 2 failure[i] at graph 0.5, graph 0.5 center tc rgb alarm
  plot for [k = 1:components] data index 2*i-1 using 1:1+k:2+k with filledcurves fs solid noborder fc rgb color[k], \
       for [k = 1:components] data index 2*i-1 using 1:1+k:(hatch[k] > 0 ? column(2+k) : column(1+k)) \
         with filledcurves fs transparent pattern (hatch[k] > 0 ? hatch[k] : 4) noborder fc rgb '#303030', \
       data index 2*i-1 using 1:(column(2+components)) with lines lc rgb 'black' lw 0.8, \
       data index 2*i using 1:(0):(0):(y_max) with vectors nohead lc rgb grey lw 0.5 dt (3,3), \
       data index 2*i using 3:(0.94*y_max):4 with labels center tc rgb grey font ',7', \
       data index 0 every ::i-1::i-1 using 3:4 with points pt 7 ps 0.35 lc rgb 'black', \
       data index 0 every ::i-1::i-1 using 5:4:6 with labels center offset 0,0.75 boxed
  do for [j = 1:components] { unset label 100 + j; unset object 100 + j; unset object 200 + j }
  unset label 90
  unset label 91
}
unset multiplot
