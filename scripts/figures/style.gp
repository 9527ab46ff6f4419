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
