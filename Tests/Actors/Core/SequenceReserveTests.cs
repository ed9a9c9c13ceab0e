using Iommu.Actors.Core;

namespace Iommu.Tests.Actors.Core;

public class SequenceReserveTests
{
    [Fact]
    public void Numbers_are_there_when_they_are_durable_and_more_are_asked_for_when_half_are_used()
    {
        var numbers = new SequenceReserve(0);
        Assert.True(numbers.IsEmpty);
        Assert.Equal(SequenceReserve.AtOnce, numbers.Ask());
        Assert.True(numbers.IsEmpty);
        numbers.Grant();
        for (var used = 0; used <= SequenceReserve.AtOnce / 2; used++)
        {
            Assert.False(numbers.IsLow);
            numbers.Use();
        }
        Assert.True(numbers.IsLow);
        Assert.Equal(2 * SequenceReserve.AtOnce, numbers.Ask());
        Assert.False(numbers.IsLow);
    }

    [Fact]
    public void Reservations_go_on_with_0_after_INT_MAX() =>
        Assert.Equal(SequenceReserve.AtOnce - 1, new SequenceReserve(int.MaxValue).Ask());
}
