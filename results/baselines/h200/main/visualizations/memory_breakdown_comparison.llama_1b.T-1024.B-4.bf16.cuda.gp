# gnuplot memory_breakdown_comparison.llama_1b.T-1024.B-4.bf16.cuda.gp
data = 'memory_breakdown_comparison.llama_1b.T-1024.B-4.bf16.cuda.dat'
pdf = 'memory_breakdown_comparison.llama_1b.T-1024.B-4.bf16.cuda.pdf'
W = 7.000000
H = 1.895000
rows = 3
bottom = 0.840000
left_begin = 0.850000
left_end = 4.000000
right_begin = 4.350000
right_end = 6.900000
unit = 'GiB'
components = 7
array component[7] = ['parameters', 'optimizer state', 'activations', 'activation gradients', 'logits and loss', 'norms', 'rounding']
array color[7] = ['#0072B2', '#56B4E9', '#F0E442', '#E69F00', '#D9D9D9', '#000000', '#666666']
array hatch[7] = [0.000000, 4.000000, 0.000000, 5.000000, 4.000000, 0.000000, 0.000000]
array legend_x[7] = [0.315556, 1.346667, 2.533333, 3.510000, 4.933333, 6.090000, 3.143333]
array legend_y[7] = [0.270000, 0.270000, 0.270000, 0.270000, 0.270000, 0.270000, 0.100000]
left_max = 22.122467
left_step = 5.000000
right_min = -0.008849
right_max = 0.230074
right_step = 0.050000

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

# Left: what the peak is made of. Right: what a method adds to vanilla's peak, and what it takes away.
# data: index 0, a line a method: name y total label failure end_of_added added_label note
#       index 2k-1 and 2k, component k: y low high, for the left and the right panel
array method[rows]
stats data index 0 using (method[int($0) + 1] = strcol(1), 0) nooutput

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

set multiplot
set tmargin at screen sy(H - 0.28)
set bmargin at screen sy(bottom)
set yrange [rows + 0.5:0.5]
unset ytics
set border 3
set grid xtics lt 1 dt solid lc rgb rule lw 0.5
bar = 0.36

set lmargin at screen sx(left_begin)
set rmargin at screen sx(left_end)
set xrange [0:left_max]
set xtics left_step
set xlabel 'peak allocated ('.unit.')' offset 0,0.4
set label 1 'a' at screen sx(0.08),sy(H - 0.13) left font 'Liberation Sans Bold,9'
set label 2 'components at the peak' at screen sx(left_begin),sy(H - 0.13) left
do for [i = 1:rows] { set label 10 + i method[i] at graph -0.02, first i right }
plot for [k = 1:components] data index 2*k-1 using 2:1:2:3:($1-bar):($1+bar) with boxxyerror fc rgb color[k], \
     for [k = 1:components] data index (hatch[k] > 0 ? 2*k-1 : 1) using 2:1:2:(hatch[k] > 0 ? $3 : $2):($1-bar):($1+bar) \
       with boxxyerror fs transparent pattern (hatch[k] > 0 ? hatch[k] : 4) noborder fc rgb '#303030', \
     data index 0 using 3:2:4 with labels left offset 0.5,0, \
     data index 0 using 3:2:5 with labels left offset 0.5,0 tc rgb alarm

do for [k = 1:components] { unset label 100 + k; unset object 100 + k; unset object 200 + k }
do for [i = 1:rows] { unset label 10 + i }
set label 1 'b' at screen sx(right_begin - 0.2),sy(H - 0.13) left font 'Liberation Sans Bold,9'
set label 2 'change against vanilla' at screen sx(right_begin),sy(H - 0.13) left
set lmargin at screen sx(right_begin)
set rmargin at screen sx(right_end)
set xrange [right_min:right_max]
set xtics right_step
set border 1
set format x '%+g'
set xtics add ('0' 0)
set xlabel 'change of the peak ('.unit.')' offset 0,0.4
set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lw 0.8 front
plot for [k = 1:components] data index 2*k using 2:1:2:3:($1-bar):($1+bar) with boxxyerror fc rgb color[k], \
     for [k = 1:components] data index (hatch[k] > 0 ? 2*k : 2) using 2:1:2:(hatch[k] > 0 ? $3 : $2):($1-bar):($1+bar) \
       with boxxyerror fs transparent pattern (hatch[k] > 0 ? hatch[k] : 4) noborder fc rgb '#303030', \
     data index 0 using 6:2:7 with labels left offset 0.5,0, \
     data index 0 using 6:2:5 with labels left offset 0.5,0 tc rgb alarm, \
     data index 0 using 6:2:8 with labels left offset 0.5,0 tc rgb grey
unset multiplot
