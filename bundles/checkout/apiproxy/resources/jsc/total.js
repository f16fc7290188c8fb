// The price is in whole and hundredth units, the discount in percent.
var price = context.getVariable('product.price');
var quantity = context.getVariable('order.quantity');
var discount = Number(context.getVariable('order.discount') || 0);

var hundredths = Math.round(price * quantity * (100 - discount));
context.setVariable('receipt.total', (hundredths / 100).toFixed(2));
